"""Where alerts go when they leave the house: other programs, brokers, people's mail."""
