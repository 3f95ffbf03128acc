"""What an embedder's type checker sees of the public face: checked by mypy, never run."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import assert_type

from tintype import (
    Account,
    AsyncClient,
    Budget,
    Client,
    Generation,
    Image,
    ImageRequest,
    Observer,
    Quote,
    Reference,
    Task,
    from_json,
    to_json,
)
from tintype.sinks import FsspecSink
from tintype.spending import Spending


def sync(client: Client, request: ImageRequest) -> None:
    """Every verb of the sync client, with the type of what it gives."""
    assert_type(client.quote(request, provider="apiyi"), Quote)
    assert_type(client.submit(request, provider="apiyi"), Task)
    assert_type(client.generate(request, provider="apiyi", max_cost=Decimal(1)), Generation)
    assert_type(client.stream(request, provider="apiyi"), Iterator[Task])
    image = Image(url="https://example.com/a.png")
    assert_type(client.save(image, Path("out")), tuple[Path, ...])
    assert_type(client.save(image, FsspecSink("s3://bucket/folder")), tuple[str, ...])
    assert_type(client.save(image, "s3://bucket/folder"), tuple[Path | str, ...])


async def with_await(client: AsyncClient, request: ImageRequest) -> None:
    """The same verbs with await."""
    assert_type(await client.quote(request, provider="apiyi"), Quote)
    assert_type(await client.generate(request, provider="apiyi"), Generation)
    assert_type(client.stream(request, provider="apiyi"), AsyncIterator[Task])


def values(task: Task) -> None:
    """Requests take what people have; values go to JSON and back as what they were."""
    request = ImageRequest(
        prompt="a cat", references=["https://example.com/a.png", Path("b"), b"c"]
    )
    assert_type(request.references, tuple[Reference, ...])
    assert_type(from_json(to_json(task), Task), Task)


def paid(client: Client, request: ImageRequest) -> None:
    """Whose a picture is, what is left for it, and what was spent."""
    client.generate(request, provider="apiyi", label="team-a")
    client.generate(request, provider="apiyi", lable="team-a")  # type: ignore[call-arg]
    assert_type(Budget(usd=5, label="team-a").left(client.journal), Decimal)
    assert_type(client.journal.spent(by="label", provider="apiyi"), Spending)
    client.journal.spent(by="week")  # type: ignore[arg-type]


def made(observer: Observer, budget: Budget) -> None:
    """Every option of a client, checked by name and type."""
    Client(Account(provider="apiyi", key="k"), journal=Path("a.db"), budgets=[budget], seed=1)
    AsyncClient(on_unsupported="notice", observers=[observer], task_timeout=60, plugins=None)
    Client(journal=7)  # type: ignore[arg-type]
    Client(on_unsupported="never")  # type: ignore[arg-type]
    Client(jurnal="a.db")  # type: ignore[call-arg]
