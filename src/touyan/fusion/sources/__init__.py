"""Sources: connectors to the city's systems, the mapping of what they send, and its safe way in."""
