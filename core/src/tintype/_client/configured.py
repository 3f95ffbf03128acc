"""What the two clients are made of, and what both can tell without asking anyone."""

from __future__ import annotations

import os
from inspect import cleandoc, iscoroutinefunction
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from tintype._doors import check_methods
from tintype.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tintype._client.observing import Observer
    from tintype._flow.resolve import OnUnsupported
    from tintype.account import Account
    from tintype.budget import Budget
    from tintype.catalog import ProviderInfo
    from tintype.errors import PluginError
    from tintype.journal import Journal

AnyTransport = TypeVar("AnyTransport")


class Configured(Generic[AnyTransport]):
    """What a client is made of.

    Args:
        accounts: Keys and addresses by provider. What they leave out is taken from
            `<NAME>_API_KEY`, `<NAME>_BASE_URL` and `<NAME>_USD_PER_CREDIT`.
        transport: How exchanges are made; None is urllib3 or aiohttp. One that you give stays
            yours to close.
        plugins: Provider modules by name, in place of the installed ones.
        wrappers: Objects with `@hookimpl(wrapper=True)` functions around every plugin.
        observers: Called with an `Observation` after every effect.
        on_unsupported: Whether a field a model cannot honour is an `error` or a `notice`.
        request_timeout: Seconds for one answer; None is what the provider documents.
        task_timeout: Seconds for one task; None likewise.
        seed: Of the jitter between retries, for repeatable runs.
        journal: Where paid work is written down before it happens: a journal, a file, or an
            SQLAlchemy URL. None is what `TINTYPE_JOURNAL` names, or no journal.
        budgets: What every submission has to fit into; kept in the journal.
        cancel_on_exit: Whether running tasks are canceled at the provider, where it
            documents a way, when a call is interrupted.
        environ: Where accounts are completed from; None is the process's environment.

    Raises:
        UsageError: A transport of the other kind of client, a timeout that leaves no time, an
            account of nobody, or budgets without a journal.
    """

    _awaits: ClassVar[bool]

    def __init_subclass__(cls) -> None:
        """Let a client's own help tell what it is made of."""
        super().__init_subclass__()
        _, mark, made_of = (cleandoc(Configured.__doc__ or "")).partition("Args:")
        cls.__doc__ = f"{cleandoc(cls.__doc__ or '')}\n\n{mark}{made_of}"

    def __init__(  # noqa: PLR0913 - each is a keyword with a default
        self,
        *accounts: Account,
        transport: AnyTransport | None = None,
        plugins: Mapping[str, object] | None = None,
        wrappers: Iterable[object] = (),
        observers: Iterable[Observer] = (),
        on_unsupported: OnUnsupported = "error",
        request_timeout: float | None = None,
        task_timeout: float | None = None,
        seed: int | None = None,
        journal: Journal | str | Path | None = None,
        budgets: Iterable[Budget] = (),
        cancel_on_exit: bool = True,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        # Imported now: a client is often imported and sometimes made, and what it is made
        # of takes longer to import than everything it is called with.
        from tintype._client.accounts import Environ  # noqa: PLC0415
        from tintype._client.options import Options  # noqa: PLC0415
        from tintype._client.setup import Setup  # noqa: PLC0415

        if environ is not None:
            check_methods(environ, ["get"], "environ", "a mapping of names to texts, or nothing")
        variables = Environ(os.environ if environ is None else environ)
        environ = None  # crash reporters print the variables of a frame
        if transport is not None:
            _check_transport(transport, awaits=self._awaits)
        options = Options(
            plugins=plugins,
            wrappers=wrappers,
            observers=observers,
            on_unsupported=on_unsupported,
            request_timeout=request_timeout,
            task_timeout=task_timeout,
            seed=seed,
            journal=journal,
            budgets=budgets,
            cancel_on_exit=cancel_on_exit,
        )
        self._setup = Setup(accounts, variables, options)
        self._transport = transport
        self._owned = transport is None

    @property
    def providers(self) -> tuple[ProviderInfo, ...]:
        """What every working plugin offers."""
        return tuple(plugin.info for plugin in self._setup.providers.registry.working())

    @property
    def broken(self) -> Mapping[str, PluginError]:
        """Why each installed plugin that does not work does not, by provider."""
        self._setup.providers.registry.working()
        return self._setup.providers.registry.broken

    @property
    def journal(self) -> Journal:
        """Where paid work is written down."""
        return self._setup.journal

    def account(self, provider: str) -> Account:
        """The account that would be used for a provider."""
        return self._setup.providers.account(provider)


def _check_transport(transport: object, *, awaits: bool) -> None:
    """Refuse what would fail only once a submission has left, its answer lost."""
    opens = getattr(transport, "open", None)
    if callable(opens) and iscoroutinefunction(opens) == awaits:
        return
    client, wanted, library = (
        ("AsyncClient", "async def open", "AsyncHttpxTransport(httpx.AsyncClient())")
        if awaits
        else ("Client", "def open", "HttpxTransport(httpx.Client())")
    )
    msg = (
        f"transport={type(transport).__name__} cannot serve {client}, which needs one with "
        f"`{wanted}`, such as {library}."
    )
    raise UsageError(msg)
