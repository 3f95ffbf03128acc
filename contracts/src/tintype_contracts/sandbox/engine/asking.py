"""A call, once it is known what it asks for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from attrs import field, frozen

from tintype_contracts.fixtures.format import OperationName
from tintype_contracts.fixtures.multipart import UploadedFile, boundary
from tintype_contracts.fixtures.pointers import is_array
from tintype_contracts.fixtures.routes import Match
from tintype_contracts.sandbox.engine.messages import SandboxRequest

_WAIT = re.compile(r"(?:^|[\s,;])wait(?:=(\d+))?(?=$|[\s,;])")
_LONGEST = 60  # seconds, where no number says


@frozen(kw_only=True)
class Asking:
    """A call on a documented route.

    Attributes:
        body: Its body as JSON (of files the names), or what its address says where it
            has none.
    """

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
