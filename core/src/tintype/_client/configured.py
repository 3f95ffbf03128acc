"""What the two clients are made of, and what both can tell without asking anyone."""

from __future__ import annotations

import os
from inspect import Parameter, Signature, cleandoc, iscoroutinefunction, signature
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from attrs import evolve, fields_dict

from tintype._client.options import Keywords, Options
from tintype._doors import check_methods
from tintype._excerpts import guess
from tintype.errors import InvalidRequestError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from tintype.account import Account
    from tintype.catalog import ProviderInfo
    from tintype.errors import PluginError
    from tintype.journal import Journal

AnyTransport = TypeVar("AnyTransport")


class Configured(Generic[AnyTransport]):
    """The arguments of both clients, and what neither has to ask anybody for.

    Args:
        accounts: Keys and addresses by provider. What they leave out is taken from
            `<NAME>_API_KEY`, `<NAME>_BASE_URL` and `<NAME>_USD_PER_CREDIT`.
        transport: How exchanges are made; None is urllib3 or aiohttp. One that you give stays
            yours to close.
        environ: Where accounts are completed from; None is the process's environment.

    Raises:
        UnknownProviderError: An account or a budget is of nobody.
        UsageError: A transport of the other kind of client, or one beside a proxy, a timeout
            that leaves no time, or budgets without a journal.
    """

    _awaits: ClassVar[bool]
    _width: ClassVar[int]

    def __init_subclass__(cls) -> None:
        """Let a client's own help tell what it is made of."""
        super().__init_subclass__()
        cls.__doc__ = f"{cleandoc(cls.__doc__ or '')}\n\n{_made_of()}"

    def __init__(
        self,
        *accounts: Account,
        transport: AnyTransport | None = None,
        environ: Mapping[str, str] | None = None,
        **options: Unpack[Keywords],
    ) -> None:
        # Imported now: a client is often imported and sometimes made, and what it is made
        # of takes longer to import than everything it is called with.
        from tintype._client.accounts import Environ  # noqa: PLC0415
        from tintype._client.setup import Setup  # noqa: PLC0415
        from tintype._client.stored_keys import StoredKeys  # noqa: PLC0415

        for name in options.keys() - fields_dict(Options):
            near = guess(name, fields_dict(Options))
            msg = (
                f"{name} is no option of a client.{near} Give accounts one behind the other, "
                "Client(Account(…), Account(…)), and options as help(Client) lists them."
            )
            raise InvalidRequestError(msg, field=name)
        if environ is not None:
            check_methods(environ, ["get"], "environ", "a mapping of names to texts, or nothing")
        variables = Environ(os.environ if environ is None else environ)
        environ = None  # crash reporters print the variables of a frame
        chosen = Options(**options)
        if chosen.keyring:
            variables.look_in(StoredKeys().get)
        if transport is not None:
            _check_transport(transport, awaits=self._awaits)
        chosen = evolve(chosen, width=chosen.width or self._width)
        self._setup = Setup(accounts, variables, chosen)
        if transport is not None and self._setup.providers.has_proxy:
            msg = "A transport of yours is its own way: give the proxy to it, not to the client."
            raise UsageError(msg)
        self._transport = transport

    @property
    def providers(self) -> tuple[ProviderInfo, ...]:
        """The provider of every working plugin, with what it offers."""
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


def _signature() -> Signature:
    """The signature of a client with every option in it, for `help` and for editors."""
    own = signature(Configured.__init__).parameters.values()
    kept = fields_dict(Options)
    named = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=kept[name].default,
            annotation=given.__forward_arg__,
        )
        for name, given in Keywords.__annotations__.items()
    ]
    return Signature([*(each for each in own if each.kind is not each.VAR_KEYWORD), *named])


def _made_of() -> str:
    """The part of a client's documentation that both have: every argument, and the errors."""
    before, mark, after = cleandoc(Configured.__doc__ or "").partition("\n\nRaises:")
    options = cleandoc(Keywords.__doc__ or "").partition("Attributes:\n")[2]
    arguments = before.partition("\n\n")[2]
    return f"{arguments}\n{options}{mark}{after}"


Configured.__init__.__signature__ = _signature()  # type: ignore[attr-defined]  # as `inspect` reads it


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
