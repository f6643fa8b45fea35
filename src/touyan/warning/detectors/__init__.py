"""Streaming detectors for any series: what is new, unrestful, silent, stuck, or does not fit together."""
