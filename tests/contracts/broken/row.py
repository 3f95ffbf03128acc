"""A row of the table: which plugin is broken, how, and what is to be said of it."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from tests.contracts.changed import BY_ID, BY_URL, Change


class Row(NamedTuple):
    """One broken thing.

    Attributes:
        plugin: The reference plugin, or the shipped one.
        change: How it is broken.
        words: What a finding has to say of it, among others: a word, or a pointer.
    """

    plugin: str
    change: Change
    words: str = ""


by_id, by_url = partial(Row, BY_ID), partial(Row, BY_URL)
# What answers at once, in a stream, or takes a form: no reference plugin does.
apiyi, cheapai, openrouter = (partial(Row, name) for name in ("apiyi", "cheapai", "openrouter"))
