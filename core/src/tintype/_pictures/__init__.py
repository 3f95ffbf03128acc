"""Bytes of images: what kind they are, whether they are whole, and where they are saved."""
