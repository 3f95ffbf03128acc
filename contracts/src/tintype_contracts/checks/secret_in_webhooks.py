"""secret: a webhook counts where its provider signed it, and not where anything was changed.

The kit signs what is documented as a provider does: by the documents' own words where the
fixtures have them (`webhooks.signature`), else as the plugin declares. The core then examines
the deliveries as it examines a stranger's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from attrs import evolve

from tintype.messages import Delivery, Headers
from tintype_contracts.check import Finding, NotApplicable, check
from tintype_contracts.harness.subject import Subject
from tintype_contracts.harness.variants import Answer, documented_answers
from tintype_contracts.oracles.signing import NOW, Signer, signer_of


@check("secret.signed-webhooks-count", level=1)
def signed_webhooks_count(subject: Subject) -> Iterator[Finding]:
    """A webhook that is signed as the documents say is taken for the provider's.

    Where the declaration is another than the documents', every webhook is refused as forged,
    and the caller waits for a poll. Correct `signature` in `describe()`: the header, what is
    signed (`over`), how it is written, how the secret is.
    """
    signer, answers = _signed(subject)
    for answer in answers:
        told = signer.signed(_delivery(answer))
        if not signer.accepts(told, NOW):
            message = "A webhook that is signed as documented is refused. Correct signature."
            yield _finding(answer, message, "accepted", "refused")


@check("secret.changed-webhooks-are-refused", level=1)
def changed_webhooks_are_refused(subject: Subject) -> Iterator[Finding]:
    """A webhook is refused where a byte of what is signed was changed, or a header is missing.

    Each byte of the body is changed, each header that the signature covers, and the border
    between two pieces: where nothing stands between them, what is taken from the one may be put
    to the other, and the signature still fits. Declare `over` with what stands between.
    """
    signer, answers = _signed(subject)
    for answer in answers:
        told = signer.signed(_delivery(answer))
        for how, forged in _forgeries(told, signer):
            if signer.accepts(forged, NOW):
                message = f"A webhook is taken for the provider's although {how}."
                yield _finding(answer, message, "refused", "accepted")
                break


@check("secret.stale-webhooks-are-refused", level=1)
def stale_webhooks_are_refused(subject: Subject) -> Iterator[Finding]:
    """A webhook is refused that was signed longer ago than the documents allow, or for later.

    Whoever has overheard one can send it again for as long. `window` in `signature` is the
    documented time; 300 seconds where nobody says.
    """
    signer, answers = _signed(subject)
    if not signer.dated:
        msg = "No time is signed: its webhooks can be sent again at any time."
        raise NotApplicable(msg)
    for answer in answers:
        for seconds in (-signer.tolerance - 1, signer.tolerance + 1):
            told = signer.signed(_delivery(answer), NOW + timedelta(seconds=seconds))
            if signer.accepts(told, NOW):
                when = "ago" if seconds < 0 else "ahead"
                message = f"A webhook counts that was signed {abs(seconds)} seconds {when}."
                wanted = f"at most {signer.tolerance} seconds"
                yield _finding(answer, message, wanted, subject.info.signature)
                break


def _signed(subject: Subject) -> tuple[Signer, tuple[Answer, ...]]:
    """What signs the provider's webhooks, and those that are documented.

    Raises:
        NotApplicable: None are, the plugin declares no signature, or an extra is missing.
    """
    answers = tuple(each for each in documented_answers(subject) if _is_delivery(each))
    if subject.info.signature is None or not answers:
        msg = "The plugin declares no signature of webhooks, or none is documented."
        raise NotApplicable(msg)
    return signer_of(subject), answers


def _is_delivery(answer: Answer) -> bool:
    return isinstance(answer.turns[0][1], Delivery)


def _delivery(answer: Answer) -> Delivery:
    message = answer.turns[0][1]
    assert isinstance(message, Delivery)  # noqa: S101 - `_signed` has seen to it
    return message


def _finding(answer: Answer, message: str, expected: object, got: object) -> Finding:
    exchange = answer.exchange
    return Finding(
        message=message, expected=expected, got=got, exchange=exchange.id, src=exchange.src
    )


# --------------------------------------------------------------------------- forgeries


def _forgeries(told: Delivery, signer: Signer) -> Iterator[tuple[str, Delivery]]:
    """What is nearly the provider's."""
    if signer.covers_body:
        for index, byte in enumerate(told.body):
            body = bytes([*told.body[:index], byte ^ 1, *told.body[index + 1 :]])
            yield f"byte {index} of its body was changed", evolve(told, body=body)
        yield "its body was cut", evolve(told, body=told.body[:-1])
        yield "its body was added to", evolve(told, body=told.body + b" ")
    for name in signer.headers:
        yield f"it has no {name}", evolve(told, headers=_without(told.headers, name))
        yield f"its {name} was changed", evolve(told, headers=_changed(told.headers, name))
    yield from _shifted(told, signer)


def _shifted(told: Delivery, signer: Signer) -> Iterator[tuple[str, Delivery]]:
    """The last character of one piece in front of the next."""
    for first, second in signer.neighbours:
        values = signer.values(told)
        moved = values[first][-1:]
        if second == "body":
            body, changes = moved.encode() + told.body, {first: values[first][:-1]}
        else:
            body = told.body
            changes = {first: values[first][:-1], second: moved + values[second]}
        how = f"{{{first}}} and {{{second}}} were parted elsewhere: nothing stands between them"
        yield how, signer.telling(evolve(told, body=body), {**values, **changes})


def _without(headers: Headers, name: str) -> Headers:
    return tuple(each for each in headers if each[0].lower() != name.lower())


def _changed(headers: Headers, name: str) -> Headers:
    """A header with another last character, in whatever coding it is written."""
    return tuple(
        (key, text[:-2] + ("A" if text[-2:-1] != "A" else "B") + text[-1:])
        if key.lower() == name.lower()
        else (key, text)
        for key, text in headers
    )
