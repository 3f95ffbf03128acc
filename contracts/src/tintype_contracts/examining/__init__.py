"""One plugin examined: the checks run, in a process apart, to a verdict."""
