"""Kernels of the traffic world: the microscopic model of CityFlow, one concept a file."""
