"""State in, alerts and their whole life out."""
