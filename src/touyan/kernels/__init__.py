"""Compiled number crunching on plain arrays, and nothing else."""
