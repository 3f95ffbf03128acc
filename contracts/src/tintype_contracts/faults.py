"""What is wrong with a fixture: the file, the place, and the mend."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

_SHOWN = 25


@frozen(kw_only=True)
class Fault:
    """One broken rule.

    Attributes:
        file: The file's name within the fixture folder.
        pointer: JSON pointer (RFC 6901) of the value, "" for the whole file.
        message: What is wrong, as a sentence.
        mend: What to do about it, as a sentence.
    """

    file: str
    pointer: str
    message: str
    mend: str

    def __str__(self) -> str:
        """One line: the place, what is wrong, what to do."""
        return f"{self.file}#{self.pointer}: {self.message} {self.mend}"


class FixtureError(Exception):
    """A fixture set breaks the rules of its format.

    Attributes:
        provider: The provider's name, or the folder.
        faults: Every broken rule that was found.
    """

    def __init__(self, provider: str, faults: Iterable[Fault]) -> None:
        self.provider = provider
        self.faults = tuple(faults)
        super().__init__(provider, self.faults)

    def __str__(self) -> str:
        """All faults, a line each."""
        lines = [f"  {fault}" for fault in self.faults[:_SHOWN]]
        rest = len(self.faults) - _SHOWN
        more = [f"  … and {rest} more"] if rest > 0 else []
        return "\n".join([f"The fixtures of {self.provider} cannot be used:", *lines, *more])
