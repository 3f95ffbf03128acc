"""The checks asked about one plugin, in a process apart, and the verdict they come to."""
