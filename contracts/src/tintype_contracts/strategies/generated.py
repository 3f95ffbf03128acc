"""What Hypothesis draws: two mutations at once, JSON of a shape, headers and events about.

The same code draws the same examples (`derandomize`), no failure is kept for the next run,
and nothing is ever too slow: a verdict that changes from day to day, or with the machine,
is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, HypothesisException
from hypothesis.reporting import with_reporter

from tintype.messages import Headers
from tintype_contracts.strategies.mutations import Mutation, mutations

T = TypeVar("T")

PROFILE = settings(
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
"""How every property of the kit is tried."""

_MAX_ITEMS = 3


def unheard(_: object) -> None:
    """What Hypothesis would print: the finding tells it."""


@frozen(kw_only=True)
class Example:
    """The smallest example found of something that is wrong."""

    drawn: object
    wrong: str


class _FoundError(Exception):
    """Carries an example out of Hypothesis."""

    def __init__(self, example: Example) -> None:
        super().__init__(example.wrong)
        self.example = example


def smallest(
    strategy: st.SearchStrategy[T], wrong: Callable[[T], str], *, tries: int = 150
) -> Example | None:
    """The smallest example of which `wrong` has something to say, or None."""

    @settings(PROFILE, max_examples=tries)
    @given(strategy)
    def run(drawn: T) -> None:
        if said := wrong(drawn):
            raise _FoundError(Example(drawn=drawn, wrong=said))

    try:
        with with_reporter(unheard):
            run()
    except _FoundError as found:
        return found.example
    except (Flaky, HypothesisException) as error:
        unsteady = f"the same answer is read differently each time ({type(error).__name__})"
        return Example(drawn=None, wrong=unsteady)
    return None


def pairs(body: object) -> st.SearchStrategy[tuple[Mutation, Mutation]]:
    """Two mutations of `body`."""
    one = st.sampled_from(list(mutations(body)))
    return st.tuples(one, one)


def same_shape(value: object) -> st.SearchStrategy[object]:
    """JSON with the keys and the types of `value`, and other values."""
    match value:
        case Mapping():
            return st.fixed_dictionaries({key: same_shape(item) for key, item in value.items()})
        case list() if value:
            return st.lists(same_shape(value[0]), max_size=_MAX_ITEMS)
        case _:
            # Mostly the documented value: else no example would get past its status.
            usual = st.just(value)
            return st.one_of(usual, usual, usual, _SAME_TYPE.get(type(value), usual))


_SAME_TYPE: Mapping[type, st.SearchStrategy[object]] = {
    bool: st.booleans(),
    int: st.integers(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False, places=3),
    str: st.text(max_size=40),
}


def rearranged(headers: Headers) -> st.SearchStrategy[Headers]:
    """The same headers in another order, their names in any case of letters."""
    cases = st.sampled_from((str.lower, str.upper, str.title, str.swapcase))
    order = st.permutations(headers)
    spelt = order.flatmap(lambda each: st.tuples(st.just(each), st.tuples(*[cases] * len(each))))
    return spelt.map(
        lambda drawn: tuple((case(name), text) for (name, text), case in zip(*drawn, strict=True))
    )


def reordered(events: list[object]) -> st.SearchStrategy[list[object]]:
    """Some of the events of a stream, in any order, some of them several times."""
    return st.lists(st.sampled_from(events), max_size=len(events) + _MAX_ITEMS)
