"""Plugins, loaded one by one; a broken one never takes the others down."""

from __future__ import annotations

import asyncio
import signal
import sys
import types
from collections.abc import Callable, Generator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from tests.core.acme import ASKED, DRAW, INFO, Acme

from tintype._plugins.registry import Registry, fault_of_requirement
from tintype.catalog import Caution, Choice, Integer, Model, Price, ProviderInfo, References
from tintype.errors import PluginError, UnknownProviderError
from tintype.hooks import hookimpl
from tintype.messages import Request
from tintype.models import Quote
from tintype.request import Reference


class Other(Acme):
    """A second provider."""

    info = evolve(INFO, name="other")


class Misspelt(Acme):
    """A hook that no specification knows."""

    @hookimpl
    def prise(self) -> None:
        """Would never be called."""


class Misargued(Acme):
    """A hook that asks for what no specification gives."""

    @hookimpl
    def cancel(self, task: object, key: str) -> None:
        """Would never be called."""


class Undecorated:
    """All the right names, and not one of them a hook."""

    def describe(self) -> ProviderInfo:
        """Not a hook."""
        return INFO


class Misnamed(Acme):
    """Describes somebody else."""

    info = evolve(INFO, name="somebody")


class Empty(Acme):
    """Offers nothing."""

    info = evolve(INFO, models=())


class Wordy(Acme):
    """Describes itself in prose."""

    info = "we draw"  # type: ignore[assignment]


class Raising(Acme):
    """Fails at its first word."""

    @hookimpl
    def describe(self) -> ProviderInfo:
        """Raise."""
        msg = "no such file"
        raise OSError(msg)


BROKEN = [
    (Misspelt(), r"prise\(\) with @hookimpl, which is no hook; these are: describe, price,"),
    (Misargued(), r"cancel\(\) with the argument 'key': the hook is given task, by name \(docs"),
    (Undecorated(), r"does not define describe\(\) with @hookimpl"),
    (types.ModuleType("empty"), r"does not define describe\(\) with @hookimpl"),
    (Misnamed(), r"describes no provider called 'acme'"),
    (Empty(), r"describes models=\(\), which is not 1 or more models"),
    (Wordy(), "describes no provider called"),
    (Raising(), r"cannot be loaded \(OSError: no such file\)"),
]


@pytest.mark.parametrize(("plugin", "fault"), BROKEN)
def test_a_broken_plugin_is_set_aside_with_the_reason_and_the_mend(
    plugin: object, fault: str
) -> None:
    """The others work. One that was given in person is nothing that pip can mend."""
    registry = Registry({"acme": plugin, "other": Other()})
    assert [found.name for found in registry.working()] == ["other"]
    error = registry.broken["acme"]
    assert "The plugin acme " in str(error)
    assert "Mend it." in str(error)
    assert error.billed == "no"
    with pytest.raises(PluginError, match=fault) as caught:
        registry.get("acme")
    assert caught.value is error


def test_a_broken_module_is_named_by_the_distribution_that_it_was_installed_with() -> None:
    """Which pip knows; a module's name it need not know."""
    module = types.ModuleType("pluggy._hooks")
    with pytest.raises(PluginError, match=r"The plugin pluggy .* pip install -U pluggy$"):
        Registry({"acme": module}).get("acme")


def test_a_plugin_is_loaded_at_its_first_use_and_once() -> None:
    """Listing names loads nothing."""
    asked = []

    class Counting(Acme):
        @hookimpl
        def describe(self) -> ProviderInfo:
            asked.append(1)
            return INFO

    registry = Registry({"acme": Counting(), "broken": Raising()})
    assert registry.names == ("acme", "broken")
    assert asked == []
    assert registry.broken == {}
    assert registry.get("acme") is registry.get("acme")
    assert registry.working() == registry.working()
    assert asked == [1]


def test_an_unknown_provider_is_told_with_what_is_installed_and_the_nearest_of_it() -> None:
    """The way out stands in the message."""
    with pytest.raises(UnknownProviderError, match="Installed: acme, other") as caught:
        Registry({"other": Other(), "acme": Acme()}).get("acne")
    assert "Did you mean 'acme'?" in str(caught.value)
    assert "pip" not in str(caught.value)
    with pytest.raises(UnknownProviderError, match="Installed: none"):
        Registry({}).get("acme")
    assert Registry({}).working() == ()


def test_installed_plugins_are_found_by_their_entry_points() -> None:
    """Without loading one."""
    assert isinstance(Registry().names, tuple)
    assert Registry().broken == {}


def test_each_plugin_has_a_relay_of_its_own() -> None:
    """A hook never needs to ask whether it is meant."""
    registry = Registry({"acme": Acme(), "other": Other()})
    assert registry.get("acme").hooks.describe() is INFO
    assert registry.get("other").hooks.describe().name == "other"
    assert registry.get("acme").info is INFO


def test_an_optional_hook_that_is_not_defined_says_nothing() -> None:
    """None, where the provider cannot do more."""
    extras = Registry({"acme": Acme()}).get("acme").extras
    assert extras.models(cursor="") is None
    assert extras.upload(reference=Reference(url="https://example.com/cat.png"), notes={}) is None


def test_a_module_is_a_plugin() -> None:
    """Functions need no class around them."""
    module = types.ModuleType("tintype_acme")
    for name in ("describe", "price", "submit", "poll", "parse"):
        setattr(module, name, getattr(Acme(), name))
    assert Registry({"acme": module}).get("acme").info.models[0] is DRAW


class Dearer:
    """A policy: every price is asked for one image more."""

    @hookimpl(wrapper=True)
    def price(self) -> Generator[None, Quote | Request | None, Quote | None]:
        """What the plugin says, doubled."""
        known = yield
        assert isinstance(known, Quote)
        assert known.low is not None
        return evolve(known, low=known.low * 2)


def test_wrappers_are_laid_around_every_plugin() -> None:
    """And see what it answered."""
    registry = Registry({"acme": Acme(), "other": Other()}, wrappers=[Dearer()])
    for name in registry.names:
        quote = registry.get(name).hooks.price(request=ASKED, quote=None)
        assert isinstance(quote, Quote)
        assert quote.low is not None
        assert quote.high is not None
        assert quote.low == 2 * quote.high


def test_a_hook_of_one_function_is_called_without_the_relay() -> None:
    """It is given what it takes, by name; where a wrapper lies around it, the relay calls it."""

    class Modest(Acme):
        """Prices whatever it is."""

        @hookimpl
        def price(self) -> Quote:
            """The same."""
            return Quote(reason="ask")

    plain = Registry({"acme": Modest()}).get("acme")
    assert plain.calls["price"](request=ASKED, quote=None) == Quote(reason="ask")
    wrapped = Registry({"acme": Modest()}, wrappers=[Dearer()]).get("acme")
    assert [plain.calls["price"], wrapped.calls["price"]].count(wrapped.hooks.price) == 1
    assert wrapped.calls["poll"] is not wrapped.hooks.poll


def test_a_wrapper_does_not_stand_in_for_a_hook_that_is_missing() -> None:
    """The plugin is still broken."""
    registry = Registry({"acme": Undecorated()}, wrappers=[Dearer()])
    assert registry.working() == ()


@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt, GeneratorExit, SystemExit, asyncio.CancelledError, MemoryError]
)
def test_a_plugin_that_raises_what_ends_programs_stops_no_other(stop: type[BaseException]) -> None:
    """Whatever `describe` raises, the plugin is set aside and the others work."""

    class Stopping(Acme):
        """Ends whoever asks."""

        @hookimpl
        def describe(self) -> ProviderInfo:
            """Nothing."""
            raise stop

    registry = Registry({"acme": Acme(), "bad": Stopping()})
    assert [plugin.name for plugin in registry.working()] == ["acme"]
    assert stop.__name__ in str(registry.broken["bad"])


def test_ctrl_c_while_a_plugin_is_loaded_is_no_fault_of_the_plugin() -> None:
    """A person who wants to leave is let go."""

    class Slow(Acme):
        """Is interrupted."""

        @hookimpl
        def describe(self) -> ProviderInfo:
            """As a person's Ctrl-C arrives."""
            signal.raise_signal(signal.SIGINT)
            return INFO

    registry = Registry({"acme": Slow()})
    with pytest.raises(KeyboardInterrupt):
        registry.working()
    assert registry.broken == {}


ONE = Decimal(1)
CHOICE = Choice(values=("a",))
ODD: list[tuple[Mapping[str, object], str]] = [
    ({"parameters": {"qualty": CHOICE}}, r"'qualty', which is no field .*\(parameters\)"),
    ({"parameters": {"seed": CHOICE}}, r"a Choice for seed \(parameters\)"),
    ({"parameters": {"stream": Integer()}}, r"a Integer for stream \(parameters\)"),
    ({"sizes": {"1K": {"1:1": "1024"}}}, r"'1024', which is not WIDTHxHEIGHT \(sizes\)"),
    ({"edits_with": "nope"}, r"'nope', which is no other model \(edits_with\)"),
    ({"prices": (Price(usd=ONE, when={"sise": "1x1"}),)}, r"'sise', .*\(prices.when\)"),
    ({"prices": (Price(usd=ONE, when={"references": "2"}),)}, r"references='2' \(prices.when\)"),
    ({"cautions": (Caution(field="stps", message="x"),)}, r"'stps', .*\(cautions.field\)"),
    ({"cautions": (Caution(field="n", message="x", when={"q": "1"}),)}, r"'q', .*\(cautions.when"),
    ({"prices": (Price(usd=ONE, when={"resolution": "9K"}),)}, r"resolution='9K' \(prices.when\)"),
    (
        {"cautions": (Caution(field="n", message="x", when={"resolution": "9K"}),)},
        r"resolution='9K' \(cautions.when\), which it never is; it is 1K or 2K",
    ),
    ({"max_n": 0}, "max_n=0, which is not a whole number from 1 on"),
    ({"requests_per_minute": 0}, "requests_per_minute=0, which is not a whole number"),
]


@pytest.mark.parametrize(("fields", "fault"), ODD)
def test_a_catalog_that_contradicts_itself_is_refused_at_load(
    fields: Mapping[str, object], fault: str
) -> None:
    """The error names the plugin, the model and the key: it would cost money in silence."""

    class Odd(Acme):
        info = evolve(INFO, models=(evolve(DRAW, **fields), *INFO.models[1:]))  # type: ignore[arg-type]

    with pytest.raises(PluginError, match=f"acme describes the model 'acme-draw-1' with {fault}"):
        Registry({"acme": Odd()}).get("acme")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"models": (DRAW, DRAW)}, r"two models with the id 'acme-draw-1' \(models.id\)"),
        ({"wire_names": {"count": ("number",)}}, r"'number', .*\(wire_names\)"),
        ({"prices_depend_on": ("fidelity",)}, r"'fidelity', .*\(prices_depend_on\)"),
        ({"general": Model(id="", max_n=0)}, "the general limits with max_n=0, which"),
    ],
)
def test_what_is_odd_of_the_whole_provider_is_refused_at_load(
    fields: Mapping[str, object], fault: str
) -> None:
    """The same for what no one model says."""

    class Odd(Acme):
        info = evolve(INFO, **fields)  # type: ignore[arg-type]

    with pytest.raises(PluginError, match=fault):
        Registry({"acme": Odd()}).get("acme")


def test_a_price_or_a_caution_may_name_a_described_option() -> None:
    """Of the model or of the provider."""
    options = {"fidelity": CHOICE}
    prices = (Price(usd=ONE, when={"fidelity": "a", "size": "1x1"}),)
    cautions = (Caution(field="fidelity", message="It may be ignored."),)
    model = evolve(DRAW, prices=prices, cautions=cautions)

    class Described(Acme):
        info = evolve(INFO, models=(model,), options=options)

    assert Registry({"acme": Described()}).get("acme").info.models == (model,)


@pytest.mark.parametrize(
    ("version", "wanted", "fault"),
    [
        (
            "0.2.0",
            ["attrs>=24.2", "tintype<0.2,>=0.1"],
            "built for the hooks of tintype <0.2,>=0.1",
        ),
        ("0.2.0", ["tintype[journal] >=0.1, <0.2 ; python_version > '3'"], "and this is 0.2.0"),
        ("1.0", ["Tintype<0.3"], "and this is 1.0"),
        ("0.2.0", ["tintype~=0.1.0"], "built for"),
        ("0.2.0", ["tintype==0.1.*"], "built for"),
        ("0.2.0", ["tintype<=0.1"], "built for"),
        ("0.2.0", ["tintype!=0.2.0,<0.3"], "built for"),
        ("0.2.0", ["tintype>=0.3,<0.4"], "built for"),
        ("0.3.0.dev1", ["tintype>=0.2,<0.3"], "built for"),
        ("0.2.0", ["tintype<0.3", "tintype[crypto]<0.2"], "built for"),
        ("0.2.0", ["tintype>=0.2", "tintype-fixtures<0.2"], "tintype>=0.2 without a bound above"),
        ("0.2.0", ["tintype!=0.1"], "without a bound above"),
        ("0.2.0", ["tintype"], "without a bound above"),
        ("0.2.0", [], "does not say that it wants tintype"),
        ("0.2.0", ["tintype<0.3 ; extra == 'image'"], "does not say that it wants tintype"),
        ("0.2.0", ["tintype<<0.3"], "wants what nobody can read"),
        ("0.1.9", ["tintype<0.2,>=0.1"], ""),
        ("0.2.7", ["tintype~=0.2.0"], ""),
        ("0.2.7", ["tintype==0.2.*"], ""),
        ("0.2.0rc1", ["tintype<0.3"], ""),
    ],
)
def test_a_plugin_says_by_its_bound_for_which_hooks_it_was_built(
    version: str, wanted: list[str], fault: str
) -> None:
    """What its distribution wants of tintype, as pip reads it."""
    found = fault_of_requirement(version, wanted)
    assert fault in found
    assert bool(fault) is bool(found)


@pytest.mark.parametrize("wants", ["tintype<0.1", "tintype~=0.1.0", "tintype", "attrs"])
def test_a_plugin_that_was_built_for_other_hooks_is_not_even_imported(
    tmp_path: Path, wants: str
) -> None:
    """It is named with its version, and with the page that says what changed."""
    made = tmp_path / "tintype_old-0.0.7.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: tintype-old\nVersion: 0.0.7\nRequires-Dist: {wants}\n"
    )
    (made / "entry_points.txt").write_text("[tintype]\nold = tintype_old\n")
    (tmp_path / "tintype_old.py").write_text("raise SystemExit\n")
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(PluginError, match=r"tintype-old 0\.0\.7 .*pip install -U") as caught:
            Registry().get("old")
    finally:
        sys.path.remove(str(tmp_path))
    assert "docs/migrating.md" in str(caught.value)
    assert "tintype_old" not in sys.modules


async def _awaited() -> None:
    """As a client's method would be."""


def _yielding() -> object:
    yield None


@pytest.mark.parametrize("hook", ["submit", "poll", "upload"])
@pytest.mark.parametrize("function", [_awaited, _yielding])
def test_a_hook_that_is_no_plain_function_is_refused_at_load(
    hook: str, function: Callable[[], object]
) -> None:
    """Before anything is asked, with the hook and the page."""
    odd = types.SimpleNamespace(**{name: getattr(Acme(), name) for name in _DEFINED})
    setattr(odd, hook, hookimpl(function))
    match = rf"defines {hook}\(\) so that it is awaited or yields: .*docs/plugins\.md"
    with pytest.raises(PluginError, match=match):
        Registry({"acme": odd}).get("acme")


def _keyed(*, request: object) -> None:
    """Would fail at its first call."""


def _open(**given: object) -> None:
    """Would be given nothing."""


def _filled(request: object = None) -> None:
    """Would be given nothing, in silence."""


def _other(asked: object) -> None:
    """Would not even be registered."""


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (_keyed, r"the argument 'request' behind a \*"),
        (_open, r"the open argument \*\*given.*, which nothing fills"),
        (_filled, "a default for 'request', which it would always be called with"),
        (_other, "the argument 'asked'"),
    ],
)
def test_a_hook_that_would_not_be_given_what_it_is_about_is_refused_at_load(
    function: Callable[..., None], fault: str
) -> None:
    """With what it is given, and the page."""
    odd = types.SimpleNamespace(**{name: getattr(Acme(), name) for name in _DEFINED})
    odd.submit = hookimpl(function)
    match = rf"acme defines submit\(\) with {fault}: the hook is given request, by name \(docs"
    with pytest.raises(PluginError, match=match):
        Registry({"acme": odd}).get("acme")


def test_a_hook_may_have_arguments_of_its_own_and_leave_out_what_it_does_not_need() -> None:
    """Where they have a default, nobody has to give them."""
    odd = types.SimpleNamespace(**{name: getattr(Acme(), name) for name in _DEFINED})
    odd.submit = hookimpl(lambda version=2: version)
    assert Registry({"acme": odd}).get("acme").info is INFO


UPLOADS = References(forms=("url",), uploads=True)
UNKEPT: list[tuple[Mapping[str, object], str]] = [
    ({"references": UPLOADS}, r"references.uploads, and there is no upload\(\) hook"),
    ({"parameters": {"previews": Integer()}}, "parameters.previews, and no parameters.stream"),
    (
        {"references": None, "tasks": {"upscale": ("image",)}},
        "a task that needs an image .*, and neither references",
    ),
    ({"references": References(forms=("url",), roles=("mask",))}, "a mask .*, and no role of a"),
    (
        {"references": References(forms=("url",), max_of={"mask": 1})},
        "a most of a role .*, and no such role",
    ),
    (
        {"parameters": {"quality": Choice(values=("low",), default="high")}},
        "a default of a parameter .*, and none of the values",
    ),
    (
        {"tasks": {"inpaint": ("image", "mask")}},
        "a task that needs a mask .*, and neither 'mask' in",
    ),
]


@pytest.mark.parametrize(("fields", "fault"), UNKEPT)
def test_what_a_plugin_promises_and_cannot_keep_is_refused_at_load(
    fields: Mapping[str, object], fault: str
) -> None:
    """By the law that it breaks: somebody would pay to find it out."""

    class Boasting(Acme):
        info = evolve(INFO, models=(evolve(DRAW, **fields),))  # type: ignore[arg-type]

    match = f"the model 'acme-draw-1' with {fault}.*docs/plugins.md, The laws of a hook: Honest"
    with pytest.raises(PluginError, match=match):
        Registry({"acme": Boasting()}).get("acme")


class Uploading(Acme):
    """Brings references to where they can be named."""

    @hookimpl
    def upload(self) -> None:
        """Nothing."""


def test_an_upload_hook_is_there_where_a_model_says_so_and_nowhere_else() -> None:
    """Whichever is missing, it is refused at load."""
    with pytest.raises(PluginError, match=r"defines upload\(\), and describes no model with"):
        Registry({"acme": Uploading()}).get("acme")

    class Saying(Uploading):
        info = evolve(INFO, models=(evolve(DRAW, references=UPLOADS),))

    assert Registry({"acme": Saying()}).get("acme").info is Saying.info


def test_headers_for_results_want_results_behind_the_key() -> None:
    """They would never be sent."""

    class Heading(Acme):
        info = evolve(INFO, result_headers=(("X-Version", "1"),))

    with pytest.raises(PluginError, match=r"result_headers, and no keyed_results .*Honest"):
        Registry({"acme": Heading()}).get("acme")


_DEFINED = ("describe", "price", "submit", "poll", "parse")
