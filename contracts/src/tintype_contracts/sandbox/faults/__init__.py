"""What goes wrong, and who listens for credentials."""
