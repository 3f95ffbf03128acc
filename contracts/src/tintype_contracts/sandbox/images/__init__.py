"""Pictures, and how large they are to be."""
