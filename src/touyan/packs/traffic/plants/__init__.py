"""Streets of other simulators behind the same sensors and signals: SUMO's and CityFlow's."""
