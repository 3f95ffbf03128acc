"""One provider, played from its fixtures. No provider is named in this code.

`Engine.answer` takes a call and the time and gives a reply as a value; `Engine.due` gives
the webhooks whose time has come. There is no I/O, no waiting and no clock in here: a
server, or a test, brings them. An answer is a documented exchange with live values in its
placeholders; why the engine refused is told in the header `x-sandbox-reason`.

A call goes through gates in the order a provider would have them: an address, a key,
a body, the parameter table, the balance. Behind them stand the operations.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from typing import get_args

from attrs import evolve, field, frozen

from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures, OperationName
from tintype_contracts.fixtures.forms import form_object
from tintype_contracts.fixtures.multipart import BodyError
from tintype_contracts.fixtures.relations import broken
from tintype_contracts.fixtures.routes import find_route, misled, split
from tintype_contracts.fixtures.validation import objections
from tintype_contracts.sandbox.engine.asking import Asking, plain_json
from tintype_contracts.sandbox.engine.bodies import read_body
from tintype_contracts.sandbox.engine.ledger import Event
from tintype_contracts.sandbox.engine.messages import SandboxRequest, Stream, Webhook, WholeResponse
from tintype_contracts.sandbox.engine.replies import Draft, plain
from tintype_contracts.sandbox.engine.signing import can_sign, key_set
from tintype_contracts.sandbox.engine.state import State
from tintype_contracts.sandbox.engine.stories import (
    canceled,
    scene_asked,
    story_of_uploads,
)
from tintype_contracts.sandbox.engine.works import Work, preview

_ASSET = re.compile(r"/assets/([^/]+)/(\d+)(\.preview)?\.\w+")
_NAMED = re.compile(r"(.+)_(\d+)(\.preview)?\.\w+")
_STORY_OF: Mapping[OperationName, str] = {
    "price": "priced",
    "models": "models",
}
_DONE_AT_ONCE = {"succeeded", "partial"}
_NOT_FOUND = 404
_JSON = (("Content-Type", "application/json"),)
_KEY = "{{secret:api_key}}"
_WANTED = "x-tintype-scene"


@frozen(kw_only=True)
class Engine:
    """A provider as its documents have it, with a memory."""

    state: State
    _lock: threading.RLock = field(factory=threading.RLock, repr=False)

    @property
    def _fixtures(self) -> Fixtures:
        return self.state.fixtures

    def answer(self, call: SandboxRequest, now: float) -> WholeResponse | Stream:
        """What the provider says to `call`."""
        asset = self._names_asset(call)
        if asset:
            return self._asset(asset, now)
        draft = self.draft(call, now)
        return draft.write() if isinstance(draft, Draft) else draft

    def draft(self, call: SandboxRequest, now: float) -> Draft | WholeResponse:
        """What is to be said to a call that asks for no asset; no picture is painted for it yet."""
        if self._asks_for_keys(call):
            keys = key_set(self.state.settings.webhook_secret)
            return WholeResponse(status=200, headers=_JSON, body=keys)
        with self._lock:
            self.state.settle(now)
            draft = self._decide(call, now)
            self.state.settle(now)
        return draft

    def operation(self, call: SandboxRequest) -> str:
        """What a call is for, by its address alone: an operation, `asset`, or ""."""
        if self._names_asset(call) or self._asks_for_keys(call):
            return "asset"
        match = find_route(self._fixtures, call.method, call.path, call.query)
        return match.route.operation if match else ""

    def _names_asset(self, call: SandboxRequest) -> re.Match[str] | None:
        """What a call asks of which image, where it asks for one."""
        results = self._fixtures.results
        if results is None or not results.at:
            return _ASSET.fullmatch(call.path)
        path, query = split(results.at)
        wanted, given = dict(query), dict(call.query)
        found = next((name for name, value in wanted.items() if value == "{name}"), "")
        return _NAMED.fullmatch(given.get(found, "")) if call.path == path else None

    def told_off(self, call: SandboxRequest, story: str, now: float) -> WholeResponse | Stream:
        """What the documents answer in `story`, whatever was asked; nothing is done."""
        match = find_route(self._fixtures, call.method, call.path, call.query)
        if match is None:
            return plain(story, "No document says.")
        with self._lock:
            asking = Asking(
                fixtures=self._fixtures, call=call, match=match, now=now, body=dict(match.holes)
            )
            draft = self._story(story, asking)
        return draft.write() if isinstance(draft, Draft) else draft

    def note(self, event: Event, task: str, images: tuple[int, ...], now: float) -> None:
        """Write into the ledger that something about a task left whole."""
        with self._lock:
            self.state.note(event, task, images, now)

    def hung_up(self, task: str, now: float) -> None:
        """Tell that nobody waited for the answer to the submission that became a task."""
        with self._lock:
            self.state.hung_up(task, now)

    def due(self, now: float) -> list[Webhook]:
        """The webhooks that are to be tried now; report what came of each."""
        with self._lock:
            self.state.settle(now)
            return self.state.deliveries.due(now)

    def report(self, webhook: Webhook, *, taken: bool, now: float) -> None:
        """What came of an attempt to deliver a webhook."""
        with self._lock:
            self.state.deliveries.report(webhook, taken=taken, now=now)

    def _asks_for_keys(self, call: SandboxRequest) -> bool:
        """Whether the public keys are asked for that webhooks are signed with."""
        signature = self._fixtures.webhooks and self._fixtures.webhooks.signature
        if not signature or not signature.keys or not can_sign(signature):
            return False
        return (call.method, call.path) == ("GET", split(signature.keys)[0])

    # ------------------------------------------------------------------------- gates

    def _decide(self, call: SandboxRequest, now: float) -> Draft | WholeResponse:
        match = find_route(self._fixtures, call.method, call.path, call.query)
        if match is None:
            known = ", ".join(f"{route.method} {route.path}" for route in self._fixtures.routes)
            why = f"{call.method} {call.path} is not one of {known}."
            return plain("this address", why, _NOT_FOUND)
        asking = Asking(
            fixtures=self._fixtures, call=call, match=match, now=now, body=dict(match.holes)
        )
        if asking.operation not in self._keyless and not self._has_key(call):
            wanted = self._key_form("<the sandbox's key>")
            reason = f"The header is not '{self._fixtures.auth.header}: {wanted}'."
            return self._story("bad_key", asking, reason)
        return self._read(asking)

    def _read(self, asking: Asking) -> Draft | WholeResponse:
        """The gates of the body. A null says nothing: clients send it for what nobody asked."""
        try:
            route, model = asking.match.route, asking.match.holes.get("model")
            body = read_body(asking.call, route.body, asking.rows, model)
        except BodyError as error:
            return self._story("invalid_parameter", asking, str(error))
        body = {name: value for name, value in body.items() if value is not None}
        asking = evolve(asking, body={**asking.body, **_told(body)})
        if "model" in asking.match.holes and (reason := self._names_nothing(asking)):
            return self._unknown_model(asking, reason)
        reason = self._objection(asking, body)
        if reason:
            return self._story("invalid_parameter", asking, reason)
        return self._operate(asking)

    def _objection(self, asking: Asking, body: Mapping[str, object]) -> str:
        """Why the parameter table does not admit the head or the body, or ""."""
        kind = asking.match.route.body
        heads = asking.heads
        told = {row.wire[1:]: asking.call.header(row.wire[1:]) for row in heads}
        given = [(name, text) for name, text in told.items() if text]
        for reason in objections(heads, form_object(given, heads)):
            return f"Of the headers {reason}"
        if kind not in {"json", "form", "multipart"}:
            return ""
        found = objections(
            asking.rows,
            body,
            model=asking.match.holes.get("model"),
            lenient=self.state.settings.lenient,
        )
        asked = asking.given
        route = misled(self._fixtures, asking.match.route, asked)
        return next(chain(found, filter(None, [route]), broken(self._fixtures.rules, asked)), "")

    def _names_nothing(self, asking: Asking) -> str:
        """Why the model that is asked for is none, or ""."""
        model = asking.fields.get("model")
        known = self.state.models
        if self.state.settings.lenient or not model or not known or model in known:
            return ""
        return f"No document of {self._fixtures.title} names the model {model!r}."

    @cached_property
    def _keyless(self) -> frozenset[OperationName]:
        """The operations that are documented without the key; silence is not that."""
        header = self._fixtures.auth.header.lower()
        if self._fixtures.auth.optional:
            return frozenset(get_args(OperationName))
        if header.startswith("?"):  # documented URLs leave it out
            return frozenset()
        told = [
            (each.operation, header in {name.lower() for name, _ in each.request.headers})
            for each in self._fixtures.exchanges.values()
            if each.request is not None
        ]
        return frozenset(operation for operation, _ in told) - {
            operation for operation, keyed in told if keyed
        }

    def _has_key(self, call: SandboxRequest) -> bool:
        header = self._fixtures.auth.header
        shown = dict(call.query).get(header[1:], "") if header[0] == "?" else call.header(header)
        if _KEY in self._fixtures.auth.form:
            return shown == self._key_form(self.state.settings.key)
        # What is made of a secret is believed: its form is documented, and no more.
        pieces = map(re.escape, re.split(r"\{\{secret:\w+\}\}", self._fixtures.auth.form))
        return re.fullmatch(".+".join(pieces), shown) is not None

    def _key_form(self, key: str) -> str:
        return self._fixtures.auth.form.replace(_KEY, key)

    # -------------------------------------------------------------------- operations

    def _operate(self, asking: Asking) -> Draft | WholeResponse:
        reason = self._names_nothing(asking)
        if reason:
            return self._unknown_model(asking, reason)
        match asking.operation:
            case "submit":
                return self._submit(asking)
            case "poll":
                return self._poll(asking)
            case "cancel":
                return self._cancel(asking)
            case "upload":
                return self._story(story_of_uploads(self._fixtures), asking)
            case other:
                return self._story(_STORY_OF.get(other, other), asking)

    def _unknown_model(self, asking: Asking, reason: str) -> Draft | WholeResponse:
        told = self.state.stories.answer("unknown_model", asking)
        return self._story("unknown_model" if told else "invalid_parameter", asking, reason)

    def _submit(self, asking: Asking) -> Draft | WholeResponse:
        wanted = asking.call.header(_WANTED)
        name = scene_asked(asking.fields, wanted)
        turn = self.state.turn(name, asking) if "/" in name else 0
        told = {row.wire[1:]: asking.call.header(row.wire[1:]) for row in asking.heads}
        with_heads = evolve(asking, body={**told, **asking.body}) if told else asking
        planned = self.state.stories.plan(name, with_heads, turn)
        if planned is None:
            return self._unknown_scene(name)
        work = self.state.work(asking, planned)
        if planned.submit.expect.outcome == "error":
            return self._draft(planned.submit, asking, work)
        if not self.state.account.affords(work.price):
            return self._story("no_credit", asking, "The balance is too low.")
        self.state.accept(work, asking.now)
        draft = evolve(self._draft(planned.submit, asking, work), task=work.id)
        if not planned.polls:
            return evolve(draft, after=draft.pace) if planned.end in _DONE_AT_ONCE else draft
        return self._held_back(draft, asking, work)

    def _held_back(self, draft: Draft, asking: Asking, work: Work) -> Draft:
        """A submission's answer, which waits for the end where a document says that it may.

        It tells then what a look at the task finds, with the status of a submission.
        """
        heads = {(row.wire.lower(), row.operation) for row in self._fixtures.headers}
        if not asking.patience or ("/prefer", "submit") not in heads:
            return draft
        pace = self.state.settings.pace
        after = min(asking.patience, work.ends(pace) - asking.now)
        told, opening = work.plan.polls[-1].response, draft.exchange.response
        if told is None or opening is None or not work.done(asking.now + after, pace):
            return evolve(draft, after=after)
        shown = evolve(work.plan.polls[-1], response=evolve(told, status=opening.status))
        later = evolve(asking, now=asking.now + after)
        return evolve(self._draft(shown, later, work), task=work.id, after=after)

    def _poll(self, asking: Asking) -> Draft | WholeResponse:
        work = self.state.works.get(asking.task)
        if work is None:
            return self._story("unknown_task", asking, "No task has this id.")
        exchange = work.poll(asking.now, self.state.settings.pace, asking.match.route)
        if exchange is None:
            return self._story("unknown_task", asking, "The task has nothing to tell here yet.")
        return evolve(self._draft(exchange, asking, work), task=work.id)

    def _cancel(self, asking: Asking) -> Draft | WholeResponse:
        """End a running task: from now on every look at it finds it canceled."""
        work = self.state.works.get(asking.task)
        if work is None:
            return self._story("unknown_task", asking, "No task has this id.")
        if not work.done(asking.now, self.state.settings.pace):
            work.plan = canceled(self._fixtures, work.plan)
            self.state.watch(work)
        return self._story("canceled", asking, work=work)

    # ----------------------------------------------------------------------- answers

    def _unknown_scene(self, name: str) -> WholeResponse:
        story, _, scene = name.partition("/")
        known = self._fixtures.stories.get(story)
        if scene and known:
            return plain(name, f"Its scenes are {', '.join(known.scenes)}.")
        return plain(name, self._absent(story))

    def _absent(self, story: str) -> str:
        """Why there is no such story."""
        known = ", ".join(self._fixtures.stories)
        return self._fixtures.absent.get(story, f"There is no story {story!r}; there are: {known}.")

    def _story(
        self, story: str, asking: Asking, reason: str = "", work: Work | None = None
    ) -> Draft | WholeResponse:
        """What the documents answer in `story`, or plain words where they have no such story."""
        exchange = self.state.stories.answer(story, asking)
        if exchange is None:
            return plain(story, f"{reason} {self._absent(story)}".strip())
        return self._draft(exchange, asking, work, reason)

    def _draft(
        self,
        exchange: DocumentedExchange,
        asking: Asking,
        work: Work | None = None,
        reason: str = "",
    ) -> Draft:
        return Draft(
            exchange=exchange,
            follower=self.state.follower(exchange, asking, work),
            filling=self.state.filling(asking, work),
            reason=reason,
            pace=self.state.settings.pace,
        )

    def _asset(self, asset: re.Match[str], now: float) -> WholeResponse:
        work = self.state.works.get(asset[1])
        index = int(asset[2])
        if work is None or index >= len(work.drawings):
            return plain("this asset", "No task has such an image.", _NOT_FOUND)
        kept = self._fixtures.results.kept_seconds if self._fixtures.results else None
        if kept is not None and now > work.started + kept:
            why = f"It was kept for {kept} seconds and has expired."
            return plain("this asset", why, _NOT_FOUND)
        drawing = preview(work.drawings[index]) if asset[3] else work.drawings[index]
        return WholeResponse(
            status=200,
            headers=(("Content-Type", drawing.media_type),),
            body=drawing.data,
            task=work.id,
            images=() if asset[3] else (index,),
        )


def _told(body: Mapping[str, object]) -> dict[str, object]:
    return {key: plain_json(value) for key, value in body.items()}
