"""The brain itself: the one place that wires engines and packs and keeps the clock."""
