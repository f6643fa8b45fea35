"""Other simulators of road traffic on the same cities, to measure speed beside them."""
