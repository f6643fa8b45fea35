"""Road traffic: networks, a microscopic world, lane detectors, signal control."""
