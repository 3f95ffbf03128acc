"""Wrong plugins, and right ones, made from the shipped five by one who had not read the checks.

Each row names what a provider's documents decide and a change to the shipped plugin that is
against it (or, of a right one, within it). Nothing here says which check is to notice it: that is
the question. `python -m tests.contracts.outside` asks it of all of them.
"""
