"""Estimation: several sources for one quantity become one estimate with its uncertainty."""
