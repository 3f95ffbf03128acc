"""Installed plugins, loaded one by one, and each held to what it describes."""
