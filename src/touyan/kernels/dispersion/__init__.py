"""How a cloud spreads: Gaussian puffs on plain arrays."""
