"""CityFlow's files: `roadnet.json` in as a network, `flow.json` in as a demand."""

from .flow import read_flow
from .network import parse_network, read_network

__all__ = ["read_network", "read_flow", "parse_network"]
