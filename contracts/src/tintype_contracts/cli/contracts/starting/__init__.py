"""A provider's package, begun from what its documents print."""
