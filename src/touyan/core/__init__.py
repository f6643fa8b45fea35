"""What every room shares: records, component settings, protocols, errors, time, geometry, units."""
