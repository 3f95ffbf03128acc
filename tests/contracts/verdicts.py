"""Verdicts that tests write down: one that conforms, and one with all that can go wrong."""

from __future__ import annotations

from decimal import Decimal

from tintype_contracts.check import Finding
from tintype_contracts.verdict import Fact, Provenance, Report, Row

SOURCES = {
    "create": {
        "title": "Create image",
        "url": "https://docs.acme.test/create",
        "retrieved": "2026-11-20",
        "excerpt": '{\n  "id": "abc",\n  "status": "queued",\n  "n": 2\n}',
    },
    "said": {"title": "Said by <support>", "url": "", "retrieved": "2026-11-01"},
}

FACTS = (
    Fact(table="parameters", name="submit /size", kind="verbatim", src="create"),
    Fact(table="parameters", name="submit /seed", kind="adapted", src="create", why="Prose."),
    Fact(table="exchanges", name="generated/done", kind="inferred", src="said", why="Nobody says."),
)


def conforming() -> Report:
    """A report of level 3 whose happy path is inferred."""
    rows = tuple(
        Row(check=check, level=level, outcome="pass", ms=1.25)
        for check, level in (
            ("install.loads", 1),
            ("parse.documented", 1),
            ("state.documented", 2),
            ("wire.same-bytes", 3),
        )
    )
    return Report(
        provider="good",
        title="Good & Co",
        distribution="tintype-good 0.3.1",
        kit="0.2.0",
        core="0.2.0",
        set="2026.11",
        level=3,
        asked=3,
        rows=(*rows, Row(check="price.live", level=2, outcome="na", note="It has none.")),
        provenance=Provenance(
            happy_path="inferred",
            verbatim=0.5,
            inferred=("generated/done",),
            oldest_source="2026-11-01",
            docs_validated="2026-11-20",
        ),
        coverage={"parameters": "17/19", "states": "6/6", "errors": "0/0"},
        facts=FACTS,
        sources=SOURCES,
        fixture_files={"provider.json": "0" * 64},
        environment={"python": "3.12.1", "urllib3": "2.8.0"},
    )


def failing() -> Report:
    """A report of level 0 with a failure, a waiver, an advisory row and hostile text."""
    wrong = Finding(
        message="`n` is sent as text: send a number.",
        expected={"n": 2},
        got={"n": "2"},
        pointer="/json/n",
        exchange="generated/create",
        src="create",
        mutations=("/n='two words'",),
    )
    hostile = Finding(
        message="A page: <script>alert(1)</script> & a path /home/me/acme/__init__.py",
        expected=Decimal("0.040"),
        got="Bearer 0123456789abcdef0 \x00\x1b[0m | `code` ]]>",
    )
    rows = (
        Row(check="request.documented", level=1, outcome="fail", ms=3, findings=(wrong, hostile)),
        Row(check="parse.documented", level=1, outcome="pass", ms=2),
        Row(
            check="state.documented",
            level=2,
            outcome="waived",
            findings=(wrong,),
            note="Listed, never described (acme#12, until 2027-02-01)",
        ),
        Row(check="price.same", level=2, outcome="advisory", findings=(wrong,)),
    )
    good = conforming()
    return Report(
        provider="poor",
        title="Poor",
        distribution="tintype-poor 1.0",
        kit=good.kit,
        core=good.core,
        set=good.set,
        level=0,
        asked=3,
        rows=rows,
        provenance=Provenance(
            happy_path="verbatim",
            verbatim=1.0,
            inferred=(),
            oldest_source="2026-11-20",
            docs_validated="2026-11-20",
            live_validated="2026-11-21",
        ),
        coverage={"parameters": "1/2"},
        sources=SOURCES,
    )
