"""What the brain is measured by as software: its store and its broker, beside others on the same machine."""
