"""generous: what was paid for comes out, whatever stands beside it.

A picture is charged for when the answer that holds it is sent. A hook that refuses the whole
answer for one odd value beside the picture throws the picture away. So each answer that holds
a picture, or leads to one, is told again with one value of it odd: in every place, by every
value of `strategies.odd_values`. What decides there is examined by `strict`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.harness.subject import Subject
from tintype_contracts.oracles.paid_trials import BESIDE, ONE_OF_SEVERAL, misread, trials_of
from tintype_contracts.oracles.spellings import respelt_ids, respelt_pictures, respelt_states


@check("generous.odd-values-cost-no-picture", level=2)
def odd_values_cost_no_picture(subject: Subject) -> Iterator[Finding]:
    """A picture is whole whatever one other value of its answer is.

    Usage, cost, size, seed, times, words: each is made null, empty, of another type, a number
    beyond all bounds, NaN, half a character, doubled, nested without end, and is left out once.
    The task has to come out in the same state, with the same images and the same id.

    Read what stands beside a picture one by one with `tintype.convert`: what is odd is left
    out, with a notice.
    """
    yield from misread(trials_of(subject, BESIDE), "Leave the odd value out.")


@check("generous.an-odd-picture-costs-itself", level=2)
def an_odd_picture_costs_itself(subject: Subject) -> Iterator[Finding]:
    """Of several pictures the odd one is lost, and no other.

    Each answer is told with three pictures, one of them null, moderated away or of another
    type. The other two have to come out, in a task that is `partial`.

    Read pictures one by one, and leave out what is none.
    """
    yield from misread(trials_of(subject, ONE_OF_SEVERAL), "Read pictures one by one.")


@check("generous.base64-in-any-spelling", level=1)
def base64_in_any_spelling(subject: Subject) -> Iterator[Finding]:
    """A picture in base64 is the same picture in every spelling that people send.

    Broken into lines, with blanks around it, in the URL-safe alphabet, with too much padding
    or none, escaped as in a URL, behind `data:` in any case, and large: then the core has
    decoded it by the time, and a name stands in its place. Decode it with
    `tintype.convert.decode_image`.
    """
    found = respelt_pictures(subject)
    if not found:
        msg = "No documented answer holds a picture in base64."
        raise NotApplicable(msg)
    yield from misread(found, "Use tintype.convert.decode_image.")


@check("generous.words-in-any-case", level=1)
def words_in_any_case(subject: Subject) -> Iterator[Finding]:
    """A documented status is the same in capitals and between blanks.

    `Completed` and `completed` are one word; any other word is unknown. Read it with
    `tintype.convert.translate`.
    """
    found = respelt_states(subject)
    if not found:
        msg = "No documented answer says how a task stands in a word."
        raise NotApplicable(msg)
    yield from misread(found, "Read it with tintype.convert.translate.")


@check("generous.ids-in-digits", level=1)
def ids_in_digits(subject: Subject) -> Iterator[Finding]:
    """A task's id that is sent as a whole number is the text of its digits.

    In the answer to a create and in every one after it, beyond 2**53 too: the next question
    then names it exactly. Read it with `tintype.convert`.
    """
    found = respelt_ids(subject)
    if not found:
        msg = "No documented answer names a task."
        raise NotApplicable(msg)
    yield from misread(found, "Read the id as its digits.")
