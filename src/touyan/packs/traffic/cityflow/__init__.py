"""CityFlow's files: `roadnet.json` in as a network, `flow.json` in as a demand, and out."""

from .flow import read_flow
from .network import parse_network, read_network
from .writing import flow_records

__all__ = ["read_network", "read_flow", "parse_network", "flow_records"]
