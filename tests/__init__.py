"""Tests by room; a package by name, for some libraries install a folder `tests` of their own."""
