"""What cannot be put into bytes is refused before it is written down, and reserves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.core import easel
from tests.core.loopback import Loopback, said
from tests.core.pictures import PNG, in_base64

from tintype import Account, Billed, Budget, Client, ImageRequest, Submission
from tintype.errors import MissingKeyError, PluginError
from tintype.hooks import hookimpl
from tintype.journal._sql import SqlJournal
from tintype.messages import MultipartBody, Part, Request

CREATE = "POST /v1/pictures"
DONE = said({"id": "p1", "state": "done", "picture": in_base64(PNG)})
ODD = [
    {"body": {"prompt": "x"}},
    {"body": MultipartBody(parts=(Part(name="a", data="text"),))},  # type: ignore[arg-type]
    {"method": "POST / HTTP/1.1\r\nx: y"},
]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqlJournal]:
    """A journal that is empty."""
    made = SqlJournal(tmp_path / "journal.db")
    yield made
    made.close()


def slipping(fields: dict[str, object]) -> SimpleNamespace:
    """The easel, with a slip in what it asks to be sent while the seed is 1."""

    @hookimpl
    def submit(request: Submission) -> Request:
        built = easel.submit(request)
        if request.seed != 1:
            return built
        return Request(**{"method": built.method, "url": built.url, **fields})  # type: ignore[arg-type]

    hooks = {name: getattr(easel, name) for name in ("describe", "price", "poll", "parse")}
    return SimpleNamespace(**hooks, submit=submit)


@pytest.mark.parametrize("fields", ODD)
def test_a_slip_of_the_plugins_leaves_no_record_and_the_whole_budget(
    fields: dict[str, object], journal: SqlJournal, server: Loopback
) -> None:
    """It is a `PluginError` that cost nothing; the next picture still fits."""
    server.on(CREATE, DONE)
    account = Account(provider="easel", key="a-key-of-mine", base_url=server.url)
    plugins = {"easel": slipping(fields)}
    with Client(
        account, plugins=plugins, journal=journal, environ={}, budgets=[Budget(usd="0.05")]
    ) as client:
        for _ in range(2):
            with pytest.raises(PluginError) as caught:
                client.generate(ImageRequest(prompt="p", seed=1), provider="easel")
            assert caught.value.billed is Billed.NO
        assert journal.records() == []
        drawn = client.generate(ImageRequest(prompt="p", seed=2), provider="easel")
    assert len(drawn.images) == 1
    assert server.lines() == [CREATE]


def test_a_missing_key_leaves_no_record(journal: SqlJournal, server: Loopback) -> None:
    """Neither where a picture is submitted nor where it is generated."""
    account = Account(provider="easel", base_url=server.url)
    plugins = {"easel": easel}
    with Client(account, plugins=plugins, journal=journal, environ={}) as client:
        for ask in (client.submit, client.generate):
            with pytest.raises(MissingKeyError):
                ask(ImageRequest(prompt="p"), provider="easel")
    assert journal.records() == []
    assert server.requests == []


def test_a_price_needs_no_key() -> None:
    """Nothing is put into bytes for a table's price."""
    with Client(plugins={"easel": easel}, environ={}) as client:
        assert client.quote(ImageRequest(prompt="p"), provider="easel").usd is not None
