"""tintype: one typed way to price, submit, poll and parse images from any provider."""
