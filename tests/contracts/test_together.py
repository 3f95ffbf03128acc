"""Requests in which every two values of every two fields meet."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts import reference

from tintype_contracts.strategies.builder import builder_of
from tintype_contracts.strategies.together import covering, together


@given(st.lists(st.integers(1, 7), max_size=6))
def test_every_pair_of_levels_is_in_some_row(levels: list[int]) -> None:
    """Nothing is left out, whatever the numbers of values are."""
    rows = covering(tuple(levels))
    for one, other in combinations(range(len(levels)), 2):
        met = {(row[one], row[other]) for row in rows}
        assert met == set(product(range(levels[one]), range(levels[other])))


def test_pairs_take_few_rows() -> None:
    """Ten fields of four values have 720 pairs, and a million combinations."""
    assert len(covering((4,) * 10)) < 40


@pytest.mark.parametrize("name", reference.NAMES)
def test_every_pair_that_is_not_refused_is_asked(name: str) -> None:
    """Of each model of a reference provider, and each request holds what was given."""
    subject = reference.subject(name)
    builder = builder_of(subject)
    met = set()
    for case in together(subject):
        built = builder.tried(case)
        pairs = combinations([(field, repr(value)) for field, value in case.asked.items()], 2)
        met |= {(case.given["model"], frozenset(pair)) for pair in pairs if built}
        assert not built or all(builder.arrives(case, built, it) for it in builder.named(case))
    for plain in builder.submissions():
        fields = builder.factors(plain)
        for one, other in combinations(fields, 2):
            for pair in product(fields[one], fields[other]):
                case = plain.giving(**dict(zip((one, other), pair, strict=True)))
                names = frozenset({(one, repr(pair[0])), (other, repr(pair[1]))})
                assert (plain.given["model"], names) in met or builder.tried(case) is None
