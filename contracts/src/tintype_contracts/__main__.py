"""`python -m tintype_contracts`: the same as `tintype contracts`."""

from tintype_contracts.cli.contracts import command

if __name__ == "__main__":
    command(prog_name="tintype contracts")
