"""The fields of the city, one folder each; the brain finds them by folder or entry point."""
