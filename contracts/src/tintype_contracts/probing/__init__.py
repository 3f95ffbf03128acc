"""What the checks put to a plugin: probes, samples, and what they look for."""
