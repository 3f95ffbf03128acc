"""Several small providers for tests, each with a price, at one server."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from attrs import evolve, frozen
from tests.core import easel
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback

from tintype import Account, Client, Quote, Request, Submission, Task
from tintype.catalog import Price, ProviderInfo
from tintype.convert import is_refusal, peek, read
from tintype.errors import refusal, refusals
from tintype.exchange import Exchange, Operation
from tintype.hooks import hookimpl
from tintype.models import Update
from tintype.prices import quote_from_prices

_REFUSALS = refusals(400, 401, 402, 429, 500, 503)


@frozen(kw_only=True)
class Tag:
    """What a studio answers to the question of a price."""

    usd: Decimal


class Studio:
    """A provider whose price is listed, or asked for at `/NAME/price`; it draws at `/NAME`."""

    def __init__(
        self, name: str, usd: str | None = None, canonical: str = "oil", **model: object
    ) -> None:
        prices = (Price(usd=Decimal(usd), source="its door"),) if usd else ()
        drawn = evolve(easel.INFO.models[0], name=canonical, prices=prices, **model)  # type: ignore[arg-type]
        self.info = evolve(easel.INFO, name=name, models=(drawn,))

    @hookimpl
    def describe(self) -> ProviderInfo:
        """One model."""
        return self.info

    @hookimpl
    def price(self, request: Submission) -> Quote | Request | None:
        """By the list, where there is one."""
        if self.info.models[0].prices:
            return quote_from_prices(self.info, request)
        return Request.get(f"https://api.easel.test/{self.info.name}/price")

    @hookimpl
    def submit(self, request: Submission) -> Request:
        """As Easel."""
        return evolve(easel.submit(request), url=f"https://api.easel.test/{self.info.name}")

    @hookimpl
    def poll(self, task: Task) -> Request:
        """As Easel."""
        return easel.poll(task)

    @hookimpl
    def parse(self, exchange: Exchange) -> Quote | Update:
        """What it costs, or a picture."""
        if is_refusal(exchange.message):
            raise self._refusal(exchange)
        if exchange.operation is not Operation.PRICE:
            return easel.parse(exchange)
        tag, _ = read(exchange.message, Tag, strict=True)
        return Quote(low=tag.usd, high=tag.usd)

    @staticmethod
    def _refusal(exchange: Exchange) -> Exception:
        said = peek(exchange.message, easel.Refusal())
        return refusal(exchange.message.status, _REFUSALS, said.why)


def studios(
    connect: Connect,
    server: Loopback,
    *made: object,
    rates: Mapping[str, str] | None = None,
    **given: object,
) -> Client:
    """A client with a key of each, some with what their accounts let through."""
    plugins = {studio.info.name: studio for studio in made if isinstance(studio, Studio)}
    of_each = partial(Account, key=KEY, base_url=server.url)
    accounts = [of_each(provider=name, rate=(rates or {}).get(name)) for name in plugins]
    return connect(*accounts, **{"plugins": plugins, **given})
