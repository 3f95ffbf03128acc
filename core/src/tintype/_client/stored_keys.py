"""Keys that the system's keyring keeps: asked for one by one, where nobody else has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tintype.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType

SERVICE = "tintype"
NOT_INSTALLED = "Keys are kept with the library keyring: pip install 'tintype[keyring]'"


class StoredKeys:
    """The keyring of whoever runs this process, by the names of variables.

    One that fails is not asked again: it may ask a person each time.

    Attributes:
        trouble: Why it cannot be read, or "".
    """

    def __init__(self) -> None:
        self.trouble = ""

    @property
    def is_installed(self) -> bool:
        """Whether the library is there that speaks to keyrings."""
        return _library() is not None

    def get(self, name: str) -> str:
        """The key that is kept under a variable's name; "" where none is, or none can be read."""
        library = None if self.trouble else _library()
        if library is None:
            return ""
        try:
            return (library.get_password(SERVICE, name) or "").strip()
        except Exception as error:  # noqa: BLE001 - a backend is anybody's code
            self.trouble = _failure("read", error)
            return ""

    def set(self, name: str, key: str) -> None:
        """Keep a key.

        Raises:
            UsageError: There is no keyring that does.
        """
        try:
            _installed().set_password(SERVICE, name, key)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - likewise
            raise UsageError(_failure("written to", error)) from None

    def remove(self, name: str) -> None:
        """Forget a key.

        Raises:
            UsageError: None is kept under that name, or the keyring refuses.
        """
        library = _installed()
        if not self.get(name):
            raise UsageError(self.trouble or f"The keyring has no {name}.")
        try:
            library.delete_password(SERVICE, name)
        except Exception as error:  # noqa: BLE001 - likewise
            raise UsageError(_failure("written to", error)) from None


def _library() -> ModuleType | None:
    try:
        import keyring  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        return None
    return keyring


def _installed() -> ModuleType:
    library = _library()
    if library is None:
        raise UsageError(NOT_INSTALLED)
    return library


def _failure(deed: str, error: Exception) -> str:
    """What went wrong, by the kind of the error: its words may hold the key."""
    return (
        f"The keyring cannot be {deed} ({type(error).__name__}): set the variable instead, or "
        "choose another backend (`python -m keyring diagnose`)."
    )
