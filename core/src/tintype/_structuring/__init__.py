"""Bytes to JSON values, those to wire classes, and tintype's own values as JSON."""
