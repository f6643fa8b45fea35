"""Many sources in, one trusted state out."""
