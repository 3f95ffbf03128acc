"""The sandbox on sockets."""
