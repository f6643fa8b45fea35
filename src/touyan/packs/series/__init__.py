"""Measured quality of the detectors that work on any series of the state."""
