"""What every check stands on: a plugin, its fixtures, and the hooks called with them."""
