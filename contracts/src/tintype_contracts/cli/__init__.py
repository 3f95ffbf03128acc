"""Commands that `tintype` gets from this distribution."""
