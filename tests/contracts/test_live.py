"""Live runs, against the sandbox alone: every fence holds, and what is observed is redacted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from attrs import evolve
from click.testing import CliRunner, Result
from tests.core.acme import INFO as ACME

from tintype._plugins.registry import Registry
from tintype.catalog import ProviderInfo
from tintype.credentials import HeaderKey, SigV4
from tintype.errors import BudgetError, DroppedError, UsageError
from tintype.messages import HttpRequest
from tintype.transports import Incoming, Transport
from tintype.transports.urllib3 import Urllib3Transport
from tintype_contracts import Fixtures, Sandbox, load, load_folder
from tintype_contracts.cli.contracts import command
from tintype_contracts.fixtures.loader import files_of
from tintype_contracts.harness.scenario import Rehearsal
from tintype_contracts.live import (
    Caps,
    Fence,
    Played,
    Recording,
    Session,
    consent,
    shape_changes,
)

POLLED = "apiin"
FILES = files_of(POLLED)
DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Two providers on loopback: one answers at once, one is polled."""
    with Sandbox(["openrouter", POLLED], pace=0.02) as running:
        yield running


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger in which nothing is spent yet."""
    return tmp_path / "ledger.db"


def environ(sandbox: Sandbox, **more: str) -> dict[str, str]:
    """The environment of somebody who means it."""
    return {**sandbox.environ(), "TINTYPE_LIVE": "1", **more}


def info_of(provider: str) -> ProviderInfo:
    """What an installed plugin says of its provider."""
    return Registry().get(provider).info


def session(
    sandbox: Sandbox,
    ledger: Path,
    *,
    budget: str = "1",
    transport: Transport | None = None,
    **caps: int,
) -> Session:
    """A session with the provider that answers at once, and a dollar to spend."""
    agreed = consent(info_of("openrouter"), environ(sandbox))
    caps_of_run = Caps(budget=Decimal(budget), **caps)
    return Session(agreed, load("openrouter"), ledger, caps_of_run, transport=transport)


def play(made: Session, scene: str = "generated/drawn") -> Played:
    """One scene, planned and played."""
    [planned] = made.plan([scene])
    return made.play(planned)


# --------------------------------------------------------------------------- consent


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"TINTYPE_LIVE": "1"}, "set ACME_API_KEY"),
        ({"ACME_API_KEY": "k"}, "set TINTYPE_LIVE=1"),
        ({"ACME_API_KEY": "k", "TINTYPE_LIVE": "yes"}, "set TINTYPE_LIVE=1"),
        ({"ACME_API_KEY": "k", "TINTYPE_LIVE": "1", "CI": "true"}, "--ci"),
    ],
)
def test_nobody_pays_who_did_not_say_so(given: dict[str, str], words: str) -> None:
    """A key, the switch, and not in CI: each alone is not enough."""
    with pytest.raises(UsageError, match=words):
        consent(ACME, given)


def test_consent_knows_the_variables_that_the_provider_documents() -> None:
    """Credentials and settings by their own names, too; what is missing is told by them."""
    names = {"key": "ACME_ACCESS", "secret": "ACME_SIGNING"}
    cloud = evolve(ACME, auth=SigV4(service="s"), variables=names, settings={"region": "eu-1"})
    given = {"ACME_ACCESS": "k", "TINTYPE_LIVE": "1", "ACME_REGION": "eu-2", "ACME_API": "x"}
    with pytest.raises(UsageError, match=r"set ACME_SIGNING.* Get one at https://acme.test"):
        consent(cloud, given)
    agreed = consent(cloud, {**given, "ACME_SIGNING": "s"})
    assert set(agreed.environ) == {"ACME_ACCESS", "ACME_SIGNING", "ACME_REGION"}
    assert consent(evolve(ACME, auth=HeaderKey(optional=True)), {"TINTYPE_LIVE": "1"})


def test_consent_takes_the_account_and_nothing_else() -> None:
    """Other keys of the environment are none of its business."""
    given = {"ACME_API_KEY": "k", "TINTYPE_LIVE": "1", "CI": "1", "OTHER_API_KEY": "x"}
    agreed = consent(ACME, given, ci=True)
    assert agreed.environ == {"ACME_API_KEY": "k"}
    assert "'k'" not in repr(agreed)


# ------------------------------------------------------------------------------ caps


@pytest.mark.parametrize(
    "caps",
    [
        {"budget": Decimal(0)},
        {"budget": Decimal("NaN")},
        {"budget": Decimal(1), "submits": 11},
        {"budget": Decimal(1), "attempts": 21},
    ],
)
def test_caps_that_are_none_are_refused(caps: dict) -> None:
    """The hard caps are not for sale."""
    with pytest.raises(UsageError):
        Caps(**caps)


# ----------------------------------------------------------------------------- fence


class Silence:
    """A transport that notes what would have left, and drops it."""

    def __init__(self, on_open: Callable[[HttpRequest], None] = lambda _: None) -> None:
        self.sent: list[HttpRequest] = []
        self._on_open = on_open

    def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
        """Drop it."""
        del timeout
        self._on_open(request)
        self.sent.append(request)
        msg = "dropped"
        raise DroppedError(msg)

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("method", "path", "announced"),
    [
        ("POST", "/v1/images", 1),
        ("POST", "/prefix/v1/images", 1),
        ("POST", "/v1/unheard-of", 1),
        ("GET", "/v1/tasks/1", 0),
        ("DELETE", "/v1/tasks/1", 0),
        ("GET", "/v1/price/acme-1", 0),
    ],
)
def test_whatever_may_cost_is_announced(
    acme: Fixtures, method: str, path: str, announced: int
) -> None:
    """Submissions, below any base URL, and every write that no document explains."""
    told: list[None] = []
    fence = Fence(Silence(), acme, lambda: told.append(None))
    with pytest.raises(DroppedError):
        fence.open(
            HttpRequest(method=method, url=f"https://api.acme.test{path}", headers=()), timeout=1
        )
    assert len(told) == announced


# --------------------------------------------------------------------------- session


def test_a_scene_is_played_and_paid_as_reported(sandbox: Sandbox, ledger: Path) -> None:
    """The picture lies beside the ledger, which has what the provider reported."""
    made = session(sandbox, ledger)
    played = play(made)
    assert played.error is None
    assert played.task is not None
    assert made.spent == played.task.cost.usd
    [asset] = played.assets
    assert asset.media_type == "image/png"
    assert asset.path.parent == made.pictures
    assert hashlib.sha256(asset.path.read_bytes()).hexdigest() == asset.sha256
    assert [str(each.operation) for each in played.observed][-1] == "submit"


def test_the_record_is_there_when_the_request_leaves(sandbox: Sandbox, ledger: Path) -> None:
    """Seen from the wire: at the first byte of the submission its worst case is set aside."""
    seen: list[Decimal] = []

    class Watching(Urllib3Transport):
        def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
            if request.method == "POST":
                seen.append(session(sandbox, ledger).spent)
            return super().open(request, timeout=timeout)

    played = play(session(sandbox, ledger, transport=Watching()))
    assert seen == [played.quote.high]


def test_a_dropped_submission_counts_as_spent(sandbox: Sandbox, ledger: Path) -> None:
    """Nobody knows whether it was charged, so it was, in later runs too; it is not sent again."""
    real = Urllib3Transport()

    class Dropping(Silence):
        def open(self, request: HttpRequest, *, timeout: float) -> Incoming:
            if request.method == "POST":
                return super().open(request, timeout=timeout)
            return real.open(request, timeout=timeout)

        def close(self) -> None:
            real.close()

    dropping = Dropping()
    played = play(session(sandbox, ledger, transport=dropping))
    assert played.task is None
    assert len(dropping.sent) == 1
    later = session(sandbox, ledger, budget="0.05")
    assert later.spent == played.quote.high
    with pytest.raises(BudgetError, match=r"of 0\.05 USD are spent"):
        play(later)


def test_a_scene_over_budget_sends_nothing(sandbox: Sandbox, ledger: Path) -> None:
    """Neither as a plan, nor as one that another run's spending has overtaken."""
    before = sandbox.balance("openrouter")
    with pytest.raises(BudgetError, match="may cost"):
        play(session(sandbox, ledger, budget="0.001"))
    poor, rich = session(sandbox, ledger, budget="0.06"), session(sandbox, ledger)
    [planned] = poor.plan(["generated/drawn"])
    assert sandbox.balance("openrouter") == before
    play(rich)
    spent = sandbox.balance("openrouter")
    with pytest.raises(BudgetError, match=r"is left\. Nothing was sent"):
        poor.play(planned)
    assert poor.played == []
    assert sandbox.balance("openrouter") == spent


def test_submissions_and_attempts_are_capped(sandbox: Sandbox, ledger: Path) -> None:
    """Both caps hold, whatever the budget."""
    made = session(sandbox, ledger, submits=1, attempts=1)
    with pytest.raises(BudgetError, match="2 submissions are more than the 1"):
        made.plan(["generated/drawn"] * 2)
    play(made)
    with pytest.raises(BudgetError, match="1 attempts were made"):
        play(made)


@pytest.mark.parametrize("scene", ["generated/lost", "lost/drawn", "models/listed"])
def test_a_scene_that_submits_nothing_is_told(sandbox: Sandbox, ledger: Path, scene: str) -> None:
    """The sentence names the scene."""
    with pytest.raises(UsageError, match="scene"):
        session(sandbox, ledger).plan([scene])


# ------------------------------------------------------------------- shapes, recording


@pytest.fixture(scope="module")
def polled(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A scene of the provider that is polled, played once."""
    ledger = tmp_path_factory.mktemp("live") / "ledger.db"
    agreed = consent(info_of(POLLED), environ(sandbox))
    return play(Session(agreed, load(POLLED), ledger, Caps(budget=Decimal(1))))


def test_the_sandbox_answers_in_the_documented_shape(polled: Played) -> None:
    """What is made of the documents has their shape; what was inferred is told as such."""
    assert {change.severity for change in shape_changes(load(POLLED), polled)} == {"info"}


def test_another_shape_is_told(polled: Played) -> None:
    """A field no document shows is a warning, another type an error."""
    documented = load(POLLED)
    [first, *_] = [each for each in polled.observed if str(each.operation) == "submit"]
    [message] = first.messages
    body = {**json.loads(message.body), "surprise": 1}
    body["id"] = 7
    odd = attrs.evolve(first, messages=(attrs.evolve(message, body=json.dumps(body).encode()),))
    found = shape_changes(documented, attrs.evolve(polled, observed=(odd,)))
    assert {(change.severity, change.name) for change in found} == {
        ("warning", "submit /surprise"),
        ("error", "submit /id"),
    }


def recorded(played: Played, folder: Path) -> Path:
    """The story of one scene, in a new copy of its fixture set."""
    with Recording(FILES, folder, load(POLLED), DAY) as recording:
        recording.write([played])
    return recording.path


def test_what_was_observed_passes_lint_and_rehearsal(polled: Played, tmp_path: Path) -> None:
    """The new set keeps every rule, and the plugin does in it what it did on the wire."""
    path = recorded(polled, tmp_path / POLLED)
    made = load_folder(tmp_path / POLLED)
    hooks = Registry().get(POLLED).hooks
    rehearsal = Rehearsal(hooks=hooks, fixtures=made)
    observed = made.stories["observed-2026-11-20"].exchanges.values()
    assert len(observed) >= 2
    assert {exchange.kind for exchange in observed} == {"observed"}
    for exchange in observed:
        assert rehearsal.request_differences(exchange) == []
        assert rehearsal.outcome_differences(exchange) == []
    done = CliRunner().invoke(command, ["lint", str(path.parent)])
    assert done.exit_code == 0, done.output


def test_nothing_private_is_written(sandbox: Sandbox, polled: Played, tmp_path: Path) -> None:
    """No key, no id, no address, no picture."""
    path = recorded(polled, tmp_path / POLLED)
    text = path.read_text("utf-8")
    assert polled.task is not None
    assert sandbox.key(POLLED) not in text
    assert polled.task.id not in text
    assert "127.0.0.1" not in text
    assert "{{secret:api_key}}" in text


def test_a_recording_without_an_observation_leaves_nothing(tmp_path: Path) -> None:
    """The folder was there while it might have been paid for, and is gone again."""
    folder = tmp_path / POLLED
    with Recording(FILES, folder, load(POLLED), DAY) as recording:
        assert (folder / "sheet.toml").read_bytes() == FILES["sheet.toml"]
        recording.write([])
    assert not folder.exists()


# -------------------------------------------------------------------------- commands


def invoke(sandbox: Sandbox, tmp_path: Path, *arguments: str, **more: str) -> Result:
    """A command, its ledger in the test's folder."""
    given = {**environ(sandbox), "CI": "", **more}
    options = ["--ledger", str(tmp_path / "ledger.db"), "--budget-usd", "1"]
    return CliRunner().invoke(command, [*arguments, *options], env=given)


def test_live_tells_how_the_scene_went(sandbox: Sandbox, tmp_path: Path) -> None:
    """Exit 0: drawn, in the documented shape."""
    done = invoke(sandbox, tmp_path, "live", "openrouter", "--yes")
    assert done.exit_code == 0, done.output
    assert "succeeded" in done.output
    assert "SHA-256" in done.output


@pytest.mark.parametrize(
    ("arguments", "more", "words"),
    [
        (["--yes"], {"TINTYPE_LIVE": ""}, "TINTYPE_LIVE=1"),
        (["--yes"], {"CI": "1"}, "--ci"),
        (["--yes"], {"OPENROUTER_API_KEY": ""}, "OPENROUTER_API_KEY"),
        ([], {}, "--yes"),
        (["--yes", "--submits", "99"], {}, "At most"),
    ],
)
def test_live_refuses_with_a_sentence(
    sandbox: Sandbox, tmp_path: Path, arguments: list[str], more: dict, words: str
) -> None:
    """Exit 2, and the provider's books are as they were."""
    before = sandbox.balance("openrouter")
    done = invoke(sandbox, tmp_path, "live", "openrouter", *arguments, **more)
    assert done.exit_code == 2, done.output
    assert words in done.stderr
    assert sandbox.balance("openrouter") == before


def test_record_writes_a_set_that_keeps_every_rule(sandbox: Sandbox, tmp_path: Path) -> None:
    """The path of the new story is printed; a second run into the same folder is refused."""
    folder = tmp_path / "openrouter"
    done = invoke(sandbox, tmp_path, "record", "openrouter", str(folder), "--yes")
    assert done.exit_code == 0, done.output
    assert Path(done.stdout.strip()) == folder / "sheet.toml"
    assert any(name.startswith("observed-") for name in load_folder(folder).stories)
    again = invoke(sandbox, tmp_path, "record", "openrouter", str(folder), "--yes")
    assert again.exit_code == 2
