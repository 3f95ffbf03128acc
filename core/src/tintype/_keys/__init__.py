"""Credentials in use: what is shown of them, where, and how what came is freed of them."""
