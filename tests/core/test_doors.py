"""What both clients are given, of the wrong kind: an error that names it and the way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core import easel
from tests.core.conftest import KEY, Connect
from tests.core.loopback import Loopback

from tintype import Account, Billed, Client, ImageRequest
from tintype.errors import InvalidRequestError, ProtocolError, UsageError
from tintype.messages import Delivery
from tintype.models import Image, Task

Artist = Callable[..., Client]

REQUEST = ImageRequest(prompt="a red panda")
TASK = Task(provider="easel", id="p1")
DELIVERY = Delivery(body=b"{}")
ONE = "easel"

# A method, what is given, and the argument that is wrong.
GIVEN: tuple[tuple[str, tuple[object, ...], dict[str, object], str], ...] = (
    ("models", (), {"provider": None}, "provider"),
    ("quote", ("x",), {"provider": ONE}, "request"),
    ("quote", (REQUEST,), {"provider": 5}, "provider"),
    ("quote", (REQUEST,), {"provider": []}, "provider"),
    ("submit", (None,), {"provider": ONE}, "request"),
    ("submit", (REQUEST,), {"provider": None}, "provider"),
    ("submit", (REQUEST,), {"provider": ONE, "on_progress": 5}, "on_progress"),
    ("generate", ("x",), {"provider": ONE}, "request"),
    ("generate", ({"prompt": "x"},), {"provider": ONE}, "request"),
    ("generate", (REQUEST,), {"provider": None}, "provider"),
    ("generate", (REQUEST,), {"provider": ONE, "max_cost": "0.05"}, "max_cost"),
    ("generate", (REQUEST,), {"provider": ONE, "on_progress": "print"}, "on_progress"),
    ("stream", ("x",), {"provider": ONE}, "request"),
    ("stream", (REQUEST,), {"provider": 5}, "provider"),
    ("refresh", (None,), {}, "task"),
    ("refresh", ("p1",), {}, "task"),
    ("wait", (None,), {}, "task"),
    ("wait", (TASK,), {"on_progress": 5}, "on_progress"),
    ("wait", (Task,), {}, "task"),
    ("cancel", (5,), {}, "task"),
    ("read_again", (None,), {}, "error"),
    ("read_again", (ValueError("x"),), {}, "error"),
    ("receive", (b"{}",), {"provider": ONE}, "delivery"),
    ("receive", (DELIVERY,), {"provider": None}, "provider"),
    ("receive", (DELIVERY,), {"provider": ONE, "record": 5}, "record"),
    ("receive", (DELIVERY,), {"provider": ONE, "task": "p1"}, "task"),
    ("fetch", (None,), {}, "image"),
    ("fetch", ("https://a.test/1.png",), {}, "image"),
    ("fetch", (Image(data=b"x"),), {"provider": 5}, "provider"),
    ("save", (None, "out"), {}, "images"),
    ("save", ("1.png", "out"), {}, "images"),
    ("save", ([b"x"], "out"), {}, "images"),
    ("save", (TASK, None), {}, "folder"),
    ("save", (TASK, "out"), {"name": 5}, "name"),
    ("save", ([], "out"), {"provider": 5}, "provider"),
    ("resume", (None,), {}, "folder"),
    ("resume", (5,), {}, "folder"),
    ("resume", (), {"records": "0" * 28}, "records"),
    ("resume", (), {"records": 5}, "records"),
    ("resume", (), {"records": [5]}, "records"),
    ("account", (None,), {}, "provider"),
)


@pytest.mark.parametrize(
    ("method", "arguments", "options", "wrong"),
    GIVEN,
    ids=[f"{method}-{wrong}-{number}" for number, (method, _, _, wrong) in enumerate(GIVEN)],
)
def test_an_argument_of_the_wrong_kind_is_named(
    artist: Artist,
    server: Loopback,
    method: str,
    arguments: tuple[object, ...],
    options: dict[str, object],
    wrong: str,
) -> None:
    """With what to give in its place; nothing is sent, nothing is billed."""
    call = getattr(artist(), method)
    with pytest.raises(InvalidRequestError, match=rf"^{wrong}[ =].*: give ") as caught:
        list(call(*arguments, **options))
    assert (caught.value.field, caught.value.billed) == (wrong, Billed.NO)
    assert server.accepted == 0


@pytest.mark.parametrize(
    ("accounts", "options", "wrong"),
    [
        ((KEY,), {}, "accounts"),
        (({"easel": KEY},), {}, "accounts"),
        (([Account(provider="easel")],), {}, "accounts"),
        ((None,), {}, "accounts"),
        ((), {"plugins": ["easel"]}, "plugins"),
        ((), {"plugins": easel}, "plugins"),
        ((), {"wrappers": 5}, "wrappers"),
        ((), {"observers": print}, "observers"),
        ((), {"observers": [5]}, "observers"),
        ((), {"on_unsupported": "ignore"}, "on_unsupported"),
        ((), {"on_unsupported": []}, "on_unsupported"),
        ((), {"request_timeout": "5"}, "request_timeout"),
        ((), {"task_timeout": []}, "task_timeout"),
        ((), {"seed": []}, "seed"),
        ((), {"journal": 5}, "journal"),
        ((), {"journal": b"j.db"}, "journal"),
        ((), {"budgets": 5}, "budgets"),
        ((), {"budgets": ["20"]}, "budgets"),
        ((), {"environ": 5}, "environ"),
    ],
)
def test_a_client_is_made_of_the_right_things(
    connect: Connect, accounts: tuple[Account, ...], options: dict[str, object], wrong: str
) -> None:
    """The wrong one is named, and what it holds is not shown: it may be a key."""
    with pytest.raises(InvalidRequestError, match=rf"^{wrong} .*: give ") as caught:
        connect(*accounts, **{"plugins": {"easel": easel}, **options})
    assert caught.value.field == wrong
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("folder", ["out", Path("out")])
def test_what_is_right_is_taken(connect: Connect, tmp_path: Path, folder: str | Path) -> None:
    """A text or a path, a list or an iterator, an error without an answer."""
    account = Account(provider="easel", key=KEY)
    options = {"observers": iter([print]), "wrappers": (), "budgets": (each for each in ())}
    client = connect(account, plugins={"easel": easel}, **options)
    assert client.save([], tmp_path / folder) == ()
    assert client.resume(tmp_path / folder, records=iter(())) == ()  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="holds no answer"):
        client.read_again(ProtocolError("odd"))
