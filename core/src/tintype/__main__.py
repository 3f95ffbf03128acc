"""`python -m tintype`: the `tintype` command where its script is not on the path."""

from tintype._cli import main

main()
