"""A call, once it is known what it asks for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property

from attrs import field, frozen

from tintype_contracts.fixtures.format import Fixtures, OperationName, Parameter
from tintype_contracts.fixtures.multipart import UploadedFile, boundary
from tintype_contracts.fixtures.neutral import joined, meant, neutral_fields, rows_for
from tintype_contracts.fixtures.pointers import is_array
from tintype_contracts.fixtures.routes import Match
from tintype_contracts.sandbox.engine.messages import SandboxRequest

_WAIT = re.compile(r"(?:^|[\s,;])wait(?:=(\d+))?(?=$|[\s,;])")
_LONGEST = 60  # seconds, where no number says


@frozen(kw_only=True)
class Asking:
    """A call on a documented route.

    Attributes:
        fixtures: What the provider documents.
        body: Its body as JSON (of files the names), or what its address says where it
            has none.
    """

    fixtures: Fixtures = field(repr=False)
    call: SandboxRequest
    match: Match
    now: float
    body: Mapping[str, object] = field(factory=dict)

    @property
    def operation(self) -> OperationName:
        """What it is for."""
        return self.match.route.operation

    @property
    def path(self) -> str:
        """The path of the documented address."""
        return self.match.route.path

    @property
    def task(self) -> str:
        """The id of the task it asks about, or ""."""
        return self.match.holes.get("id", "")

    @cached_property
    def rows(self) -> tuple[Parameter, ...]:
        """The rows of the body that its address takes."""
        return self.fixtures.taken[self.operation, self.path]

    @cached_property
    def mine(self) -> list[Parameter]:
        """Those of them that are for its model."""
        return rows_for(self.rows, self.fields.get("model"))

    @cached_property
    def heads(self) -> list[Parameter]:
        """The rows of the headers that it may have."""
        rows = [row for row in self.fixtures.headers if row.operation == self.operation]
        return [row for row in rows if row.is_at(self.path)]

    @cached_property
    def fields(self) -> Mapping[str, object]:
        """The neutral fields, the documented defaults among them."""
        model = self.match.holes.get("model")
        told = {"model": model} if model else {}
        found = neutral_fields(
            self.fixtures, self.operation, self.body, model=model, path=self.path
        )
        return {**told, **self._queried, **found}

    @cached_property
    def _queried(self) -> Mapping[str, object]:
        """The neutral fields that its query tells, such as that it asks for a stream."""
        told = dict(self.call.query)
        rows = [row for row in self.fixtures.query if row.operation == self.operation]
        return {
            row.neutral: row.meant(told[row.wire[1:]])
            for row in rows
            if row.neutral and row.is_at(self.path) and row.wire[1:] in told
        }

    @cached_property
    def given(self) -> Mapping[str, object]:
        """The neutral fields that it gives itself, and what is no such field by its name."""
        model = self.fields.get("model")
        given = {
            row.part or row.neutral or row.wire.rpartition("/")[2]: value
            for row, value in meant(self.mine, self.body)
        }
        given = {**self._queried, **joined(given)}
        return {"model": model, **given} if model else given

    @property
    def patience(self) -> float:
        """How many seconds its answer is to be held back for: `Prefer: wait`, of RFC 7240."""
        found = _WAIT.search(self.call.header("prefer"))
        return float(found[1] or _LONGEST) if found else 0.0

    def digest(self, callback: str) -> str:
        """SHA-256 of method, path and body: the same for a repeated submission.

        The address to call back is left out, for it may tell attempts apart, and so is a
        form's boundary, for it may follow from the content.
        """
        body = self.call.body
        for text in (callback, boundary(self.call.header("content-type"))):
            body = body.replace(text.encode(), b"") if text else body
        head = f"{self.call.method} {self.call.path}\n".encode()
        return hashlib.sha256(head + body).hexdigest()


def plain_json(value: object) -> object:
    """A body with the names of its files in their places."""
    match value:
        case UploadedFile(filename=name):
            return name
        case Mapping():
            return {key: plain_json(item) for key, item in value.items()}
        case _:
            return [plain_json(item) for item in value] if is_array(value) else value
