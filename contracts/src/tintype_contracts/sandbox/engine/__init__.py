"""What the sandbox answers, as values: no I/O, no clock."""
