"""Which documented exchange answers a request, and what follows it.

A scene is played because it was asked for by name, or because its answer is of the form that
the request asks for, and stands at the same address; what is documented goes before what is
inferred. A scene that shows an edge, such as fewer images than were asked for, is played by
name only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TypeAlias

from attrs import evolve, field, frozen

from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures, OperationName, Route
from tintype_contracts.fixtures.neutral import neutral_fields
from tintype_contracts.fixtures.placeholders import placeholders
from tintype_contracts.fixtures.pointers import MISSING, is_array, leaves
from tintype_contracts.fixtures.routes import Match, find_route, split
from tintype_contracts.fixtures.values import asked_body
from tintype_contracts.sandbox.engine.asking import Asking
from tintype_contracts.sandbox.engine.forms import Form, form_asked, form_of, templates
from tintype_contracts.sandbox.images.shapes import count_of

Scene: TypeAlias = tuple[DocumentedExchange, ...]
# How well something fits, the weightiest first; more is better.
_Rank: TypeAlias = tuple[object, ...]

_BY_NAME = re.compile(r"sandbox:([a-z0-9_]+(?:/[a-z0-9_]+)?)")
_DEFAULT = ("generated", "generated_from_references", "streamed")
_FREE = frozenset({"prompt", "model", "references", "webhook_url", "options"})
_RUNNING = "running"
_DELIVERED = {"succeeded", "partial"}
_OK = 200
# What a refusal is, by the story that tells it.
_REFUSALS: Mapping[str, str] = {
    "bad_key": "AuthenticationError",
    "invalid_parameter": "BadRequestError",
    "no_credit": "InsufficientCreditError",
    "slow_down": "RateLimitError",
    "unknown_model": "NotFoundError",
    "unknown_task": "NotFoundError",
}


@frozen(kw_only=True)
class Course:
    """How a submission goes on.

    Attributes:
        submit: The exchange that answers it.
        polls: The exchanges that answer each look at the task, in order.
        turns: How many states the task has left behind at each of them. What another address
            tells comes with the state before it, not after it.
        routes: The address of each, None where it is any.
        webhook: What is delivered at the end, or None.
        end: The state of the task at the end, "" where there is no task.
        images: How many images there are where the scene was asked for by name and tells.
    """

    submit: DocumentedExchange
    polls: Scene
    turns: tuple[int, ...]
    routes: tuple[Route | None, ...]
    webhook: DocumentedExchange | None
    end: str
    images: int | None = None

    @property
    def last(self) -> int:
        """How many states the task leaves behind in all."""
        return max(self.turns, default=0)

    def poll(self, turn: int, route: Route) -> DocumentedExchange | None:
        """What an address tells once so many states are left behind; None where not yet."""
        every = list(zip(self.polls, self.turns, self.routes, strict=True))
        mine = [each for each in every if each[2] is None or each[2] == route] or every
        return next((poll for poll, due, _ in reversed(mine) if due <= turn), None)


def scene_asked(fields: Mapping[str, object], header: str) -> str:
    """The story, or `story/scene`, that a submission asks for by name, or ""."""
    found = _BY_NAME.search(str(fields.get("prompt", "")))
    return header or (found[1] if found else "")


def _usual(fixtures: Fixtures, fields: Mapping[str, object]) -> str:
    """The story of a submission that asks for none."""
    if str(fields.get("stream", "")).lower() == "true" and "streamed" in fixtures.stories:
        return "streamed"
    if fields.get("references") and "generated_from_references" in fixtures.stories:
        return "generated_from_references"
    return "generated"


@frozen(kw_only=True)
class Stories:
    """What a provider documents, with what is known of each scene made once.

    Attributes:
        fixtures: What the provider documents.
    """

    fixtures: Fixtures
    _traits: dict[tuple[str, ...], _Traits] = field(factory=dict, init=False, repr=False)
    _courses: dict[tuple[str, ...], Course] = field(factory=dict, init=False, repr=False)

    def plan(self, name: str, asking: Asking, turn: int = 0) -> Course | None:
        """How a submission goes on in a story, or in `story/scene`; None where there is none.

        A scene that submits nothing begins with the submission of `generated`.

        Args:
            name: What is to be played, "" for what the request asks for.
            asking: The submission, with the documented headers beside its body.
            turn: How often the same submission was made before in a scene asked for by name: a
                scene may hold several submissions.
        """
        if not name:
            return self._unnamed(asking)
        story, _, wanted = name.partition("/")
        scenes = self.fixtures.stories[story].scenes if story in self.fixtures.stories else {}
        if wanted:
            return self._by_name(story, wanted, asking, turn) if wanted in scenes else None
        told = [self.fixtures.scene(story, each) for each in scenes]
        begun = [scene for scene in told if first(scene, "submit")]
        if begun:
            return self._best(story, begun, asking)
        return self._borrowing(told[0], asking) if told else None

    def answer(self, story: str, asking: Asking) -> DocumentedExchange | None:
        """The exchange of `story` that answers a call, the best one of its operation."""
        if story not in self.fixtures.stories:
            return None
        exchanges = [
            exchange
            for name in self.fixtures.stories[story].scenes
            for exchange in self.fixtures.scene(story, name)
            if exchange.response is not None
        ]
        same = [exchange for exchange in exchanges if exchange.operation == asking.operation]
        own = [exchange for exchange in same or exchanges if exchange.story == story]
        candidates = [(each,) for each in own or same or exchanges]
        return self._fittest(story, candidates, asking)[0] if candidates else None

    def _unnamed(self, asking: Asking) -> Course | None:
        """What answers a submission that asks for no scene.

        It is of another story where its own has nothing of the form that is asked for.
        """
        story = _usual(self.fixtures, asking.fields)
        return self._best(story, self._begun[story], asking) if self._begun[story] else None

    @cached_property
    def _begun(self) -> Mapping[str, list[Scene]]:
        """The scenes that a submission may begin which asks for none, by its usual story."""
        every = self.fixtures.stories
        scenes = {
            story: [
                self.fixtures.scene(each, name)
                for each in (story, *_DEFAULT)
                if each in every
                for name in every[each].scenes
            ]
            for story in _DEFAULT
        }
        return {
            story: [scene for scene in told if first(scene, "submit")]
            for story, told in scenes.items()
        }

    def _best(self, story: str, scenes: list[Scene], asking: Asking) -> Course:
        scene = self._fittest(story, scenes, asking)
        names = tuple(each.id for each in scene)
        if names not in self._courses:
            self._courses[names] = _planned(self.fixtures, scene, 0)
        return self._courses[names]

    def _fittest(self, story: str, scenes: Sequence[Scene], asking: Asking) -> Scene:
        judge = _Judge.of(self.fixtures, asking)
        return max(scenes, key=lambda scene: judge.rank(self._known(story, scene)))

    def _known(self, story: str, scene: Scene) -> _Traits:
        names = (story, *(each.id for each in scene))
        if names not in self._traits:
            self._traits[names] = _Traits.of(self.fixtures, story, scene)
        return self._traits[names]

    def _by_name(self, story: str, name: str, asking: Asking, turn: int) -> Course | None:
        scene = self.fixtures.scene(story, name)
        if first(scene, "submit") is None:
            return self._borrowing(scene, asking)
        planned = _planned(self.fixtures, scene, turn)
        told = (planned.polls or (planned.submit,))[-1].expect.fields.get("images")
        return evolve(planned, images=len(told) if is_array(told) and told else None)

    def _borrowing(self, scene: Scene, asking: Asking) -> Course | None:
        usual = self._unnamed(asking)
        return _planned(self.fixtures, (usual.submit, *scene), 0) if usual else None


def story_of_uploads(fixtures: Fixtures) -> str:
    """The first story that tells of an upload that was taken; "" where none does."""
    told = (each for each in fixtures.exchanges.values() if each.expect.outcome == "upload")
    return next((each.story for each in told), "")


def poll_with_state(fixtures: Fixtures, state: str) -> Scene:
    """The first documented poll that finds a task in `state`; empty where none does."""
    polls = [each for each in fixtures.exchanges.values() if each.operation == "poll"]
    found = _with_state(polls, state)
    return (found,) if found else ()


def route_of(fixtures: Fixtures, exchange: DocumentedExchange) -> Route | None:
    """The address that an exchange asks, or None."""
    match = _match(fixtures, exchange)
    return match.route if match else None


def _match(fixtures: Fixtures, exchange: DocumentedExchange) -> Match | None:
    """The address that an exchange asks, with what stood in its holes."""
    if exchange.request is None:
        return None
    return find_route(fixtures, exchange.request.method, *split(exchange.request.url))


def first(
    scene: Iterable[DocumentedExchange], operation: OperationName
) -> DocumentedExchange | None:
    """The first exchange of an operation, or None."""
    return next((each for each in scene if each.operation == operation), None)


# --------------------------------------------------------------------------- choosing


@frozen(kw_only=True)
class _Traits:
    """What is known of a scene in a story, whatever is asked.

    Attributes:
        model: The model that the address of its opening names, or None.
        form: How it hands images over.
        route: The address of its opening, or None.
        own: Whether it tells of the story itself.
        due: Whether it shows what the story is about, and no edge of it.
        documented: Whether nothing in it is inferred.
        opens: Whether its opening is of the story.
        asked: What its opening asks for, by pointer.
        words: The pointers of what says which is wanted, and not how much.
        filled: How many live values it has.
    """

    model: str | None
    form: Form
    route: Route | None
    own: bool
    due: bool
    documented: bool
    opens: bool
    asked: Mapping[str, object]
    words: frozenset[str]
    filled: int

    @classmethod
    def of(cls, fixtures: Fixtures, story: str, scene: Scene) -> _Traits:
        """What is known of a scene."""
        opening = first(scene, "submit") or scene[0]
        own = [each for each in scene if each.story == story]
        match = _match(fixtures, opening)
        asked = _values(fixtures, opening.operation, asked_body(fixtures, opening))
        listed = {row.wire for row in fixtures.parameters if row.enum}
        return cls(
            model=match.holes.get("model") if match else None,
            form=form_of(scene),
            route=match.route if match else None,
            own=bool(own),
            due=_is_due(fixtures, story, scene),
            documented=all(each.kind != "inferred" for each in own),
            opens=opening.story == story,
            asked=asked,
            words=frozenset(
                pointer
                for pointer, value in asked.items()
                if pointer in listed or isinstance(value, bool)
            ),
            filled=sum(1 for each in scene for _ in _filled(each)),
        )


@frozen(kw_only=True)
class _Judge:
    """Says how well a scene answers one request."""

    route: Route
    model: object
    given: Mapping[str, object]
    asked: Form

    @classmethod
    def of(cls, fixtures: Fixtures, asking: Asking) -> _Judge:
        """A judge of what answers a call."""
        operation, body = asking.operation, asking.body
        heads = (row for row in fixtures.headers if row.operation == operation)
        return cls(
            route=asking.match.route,
            model=body.get("model"),
            given=_values(fixtures, operation, body),
            asked=form_asked((*fixtures.rows[operation], *heads), asking.fields, body),
        )

    def rank(self, scene: _Traits) -> _Rank:
        """How well a scene fits; of equals the first is to be taken.

        What the request asks for goes first, then what documents say, then likeness: whether all
        that its opening asks is asked, word by word; and how much of it is.
        """
        same = {key for key, value in scene.asked.items() if self.given.get(key, MISSING) == value}
        present = all(
            key in same or (key in self.given and key not in scene.words) for key in scene.asked
        )
        return (
            scene.model is None or scene.model == self.model,
            *scene.form.fit(self.asked),
            scene.route == self.route,
            scene.own,
            scene.due,
            scene.documented,
            scene.opens,
            present,
            len(same),
            scene.filled,
        )


def _is_due(fixtures: Fixtures, story: str, scene: Scene) -> bool:
    """Whether a scene shows what its story is about, and no edge of it."""
    last = scene[-1].expect
    if story in _REFUSALS:
        response = scene[-1].response
        if response is None or response.status == _OK or not templates(response.content):
            return False
        return last.error == _REFUSALS[story]
    if story not in _DEFAULT:
        return True
    if last.fields.get("state") != "succeeded":
        return False
    images = last.fields.get("images")
    if not is_array(images) or scene[-1].operation != "submit":
        return True
    fields = neutral_fields(fixtures, "submit", asked_body(fixtures, scene[-1]))
    return len(images) == count_of(fields)


def _values(fixtures: Fixtures, operation: OperationName, body: object) -> dict[str, object]:
    """What tells requests apart: each value but what is anybody's own, documented defaults too."""
    rows = fixtures.rows[operation]
    free = {row.wire for row in rows if row.neutral in _FREE}
    usual = {row.wire: row.default for row in rows if row.default is not None}
    given = {**usual, **dict(leaves(body))}
    return {
        key: value
        for key, value in given.items()
        if not any(key == wire or key.startswith(f"{wire}/") for wire in free)
    }


def _filled(exchange: DocumentedExchange) -> Iterable[object]:
    content = exchange.response.content if exchange.response else None
    return (found for template in templates(content) for found in placeholders(template))


# --------------------------------------------------------------------------- planning


def _planned(fixtures: Fixtures, scene: Scene, turn: int) -> Course:
    """The plan of a scene from its submission of that turn on, up to the next one."""
    begins = [at for at, each in enumerate(scene) if each.operation == "submit"]
    at = begins[min(turn, len(begins) - 1)]
    after = next((other for other in begins if other > at), len(scene))
    opening, rest = scene[at], scene[at + 1 : after]
    webhook = first(rest, "webhook")
    polls = tuple(exchange for exchange in rest if exchange.operation == "poll")
    state = _state(opening)
    due = _state(webhook) if webhook else "succeeded"
    if state == _RUNNING and not polls:
        polls = _borrowed(fixtures, due)
    elif webhook and due and _state(polls[-1] if polls else opening) == _RUNNING:
        polls += poll_with_state(fixtures, due)  # it tells of an end: a look finds it, too
    end = _state(polls[-1]) if polls else state
    if not _names_a_task(opening):
        webhook = None
    elif webhook is None:
        webhook = _webhook(fixtures, end)
    return _plan_of(fixtures, opening, polls, webhook, end)


def _plan_of(
    fixtures: Fixtures,
    opening: DocumentedExchange,
    polls: Scene,
    webhook: DocumentedExchange | None,
    end: str,
) -> Course:
    routes = tuple(route_of(fixtures, poll) for poll in polls)
    steps = [route == routes[0] for route in routes[1:]]
    turns = tuple(accumulate(steps, initial=0)) if polls else ()
    return Course(submit=opening, polls=polls, turns=turns, routes=routes, webhook=webhook, end=end)


def canceled(fixtures: Fixtures, plan: Course) -> Course:
    """What becomes of a plan when the task is canceled."""
    polls = poll_with_state(fixtures, "canceled")
    return _plan_of(fixtures, plan.submit, polls, None, "canceled")


def _names_a_task(opening: DocumentedExchange) -> bool:
    """Whether the answer to a submission tells an id, so that there is something to report on."""
    return any(
        (name, argument) == ("id", "task")
        for template in templates(opening.response.content if opening.response else None)
        for _, name, argument in placeholders(template)
    )


def _borrowed(fixtures: Fixtures, end: str) -> Scene:
    """Polls of other stories: one that finds the task running, one that finds it at its end."""
    return poll_with_state(fixtures, _RUNNING) + poll_with_state(fixtures, end)


def _webhook(fixtures: Fixtures, end: str) -> DocumentedExchange | None:
    """The delivery that tells of this end, else of one that is as good or as bad."""
    webhooks = [each for each in fixtures.exchanges.values() if each.operation == "webhook"]
    if end in {"", _RUNNING}:
        return None
    alike = [each for each in webhooks if (_state(each) in _DELIVERED) == (end in _DELIVERED)]
    return _with_state(webhooks, end) or next(iter(alike), None)


def _with_state(exchanges: Iterable[DocumentedExchange], state: str) -> DocumentedExchange | None:
    """The one that finds a task in `state`: of `generated` first, then a documented one."""
    found = [each for each in exchanges if _state(each) == state]
    usual = lambda each: (each.story not in _DEFAULT, each.kind == "inferred")  # noqa: E731
    return min(found, key=usual, default=None)


def _state(exchange: DocumentedExchange) -> str:
    """The task's state after `exchange`, "" where it ends in an error."""
    if exchange.expect.outcome != "task":
        return ""
    return str(exchange.expect.fields.get("state", _RUNNING))
