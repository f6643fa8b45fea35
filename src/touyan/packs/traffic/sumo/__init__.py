"""SUMO's files: networks with their signals in, vehicles in, and a count of everything that stays outside."""

from .city import City, read_city
from .configuration import Files, files_of, recognised
from .report import omissions

__all__ = ["read_city", "files_of", "recognised", "omissions", "City", "Files"]
