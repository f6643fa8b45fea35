"""Quality: what may be wrong with a value, told with the value, and how each source fares."""
