"""Safe commands out: controllers propose, guards object, people or their rules approve, sensors verify."""
