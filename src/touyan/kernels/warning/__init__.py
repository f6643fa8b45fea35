"""Number crunching of the warning engine: what is new in thousands of series."""
