"""A row of the table: which reference plugin is broken, how, and what is to be said of it."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from tests.contracts.changed import AT_ONCE, BY_ID, BY_URL, MULTIPART, Change


class Row(NamedTuple):
    """One broken thing.

    Attributes:
        plugin: The reference plugin.
        change: How it is broken.
        words: What a finding has to say of it, among others: a word, or a pointer.
    """

    plugin: str
    change: Change
    words: str = ""


by_id, by_url = partial(Row, BY_ID), partial(Row, BY_URL)
at_once, multipart = partial(Row, AT_ONCE), partial(Row, MULTIPART)
