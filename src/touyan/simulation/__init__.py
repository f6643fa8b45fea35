"""Possible futures of the city: what would have been, what would be."""
