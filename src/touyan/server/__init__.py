"""What people and programs see of the brain: HTTP API, live feed, console."""
