"""Touyan (头雁): an open city brain that senses, warns, simulates and controls."""

__version__ = "0.1.0"
