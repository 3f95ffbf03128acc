"""Mutants that misjudge prices, keys, and what is offered."""

from __future__ import annotations

from tests.contracts.mutants.mutant import SourceMutant

MUTANTS = (
    SourceMutant(
        name="unknown-is-free",
        file="by_url",
        before="    return quote_from_prices(INFO, request)\n",
        after=(
            "    found = quote_from_prices(INFO, request)\n"
            "    return found or Quote(low=Decimal(0), high=Decimal(0), source=_PAGE)\n"
        ),
        killed_by="price.unknown-is-not-free",
    ),
    SourceMutant(
        name="price-without-source",
        file="multipart",
        before='        source=f"POST {_ROOT}/price",\n',
        after="",
        killed_by="price.names-its-source",
    ),
    SourceMutant(
        name="price-of-one",
        file="multipart",
        before="        credits_low=credits_,\n",
        after="        credits_low=credits_ / 2,\n",
        killed_by="price.answers-are-read-as-documented",
    ),
    SourceMutant(
        name="float-price",
        file="at_once",
        before="    return quote_from_prices(INFO, request)\n",
        after=(
            "    found = quote_from_prices(INFO, request)\n"
            "    return found and evolve(found, low=float(found.low or 0),"
            " high=float(found.high or 0))\n"
        ),
        killed_by="price.exact-money",
    ),
    SourceMutant(
        name="discount-for-more",
        file="at_once",
        before="    return quote_from_prices(INFO, request)\n",
        after=(
            "    found = quote_from_prices(INFO, request)\n"
            "    return found and evolve(found, high=(found.high or 0) / request.n**2,"
            " low=(found.low or 0) / request.n**2)\n"
        ),
        killed_by="price.more-images-cost-no-less",
    ),
    SourceMutant(
        name="another-price",
        file="by_id",
        before='small="0.010"',
        after='small="0.011"',
        killed_by="price.documented-table",
    ),
    SourceMutant(
        name="price-of-the-first-model",
        file="by_id",
        before="    return quote_from_prices(INFO, request)\n",
        after=(
            '    first = evolve(request, model="silver-1")\n'
            '    return quote_from_prices(INFO, first if request.resolution == "1K" else request)\n'
        ),
        killed_by="price.is-of-what-is-sent",
    ),
    SourceMutant(
        name="options-are-free",
        file="by_id",
        before="    return quote_from_prices(INFO, request)\n",
        after="    return quote_from_prices(INFO, evolve(request, options={}))\n",
        killed_by="price.options-are-not-free",
    ),
    SourceMutant(
        name="polls-wherever-it-is-told",
        file="by_url",
        before='    if f"{parts.scheme}://{parts.netloc}" != _ORIGIN:\n',
        after="    if not parts.netloc:\n",
        killed_by="secret.not-where-an-answer-points",
    ),
    SourceMutant(
        name="polls-a-look-alike",
        file="by_url",
        before='    if f"{parts.scheme}://{parts.netloc}" != _ORIGIN:\n',
        after="    if not url.startswith(_ORIGIN):\n",
        killed_by="secret.not-where-an-answer-points",
    ),
    SourceMutant(
        name="polls-in-clear",
        file="by_id",
        before='_ROOT = "https://api.by-id.test/v1"',
        after='_ROOT = "http://api.by-id.test/v1"',
        killed_by="secret.declared-hosts-only",
    ),
    SourceMutant(
        name="prints-the-key",
        file="at_once",
        before='    """`POST /v1/images`."""\n',
        after=(
            '    """`POST /v1/images`."""\n'
            "    import os\n"
            "\n"
            '    print(os.environ.get("REFERENCE_AT_ONCE_API_KEY"))\n'
        ),
        killed_by="secret.not-in-what-hooks-make",
    ),
    SourceMutant(
        name="key-left-out",
        file="by_id",
        before='Auth(header="X-Key", form="{key}")',
        after='Auth(header="X-Key", form="key")',
        killed_by="secret.key-in-its-header-only",
    ),
    SourceMutant(
        name="key-in-an-image-address",
        file="by_url",
        before="Image(url=url, index=index)",
        after='Image(url=f"{url}?{_key()}", index=index)',
        also=(
            (
                "def _cost(",
                (
                    "def _key() -> str:\n"
                    "    import os\n"
                    "\n"
                    '    return os.environ.get("REFERENCE_BY_URL_API_KEY", "")\n'
                    "\n"
                    "\n"
                    "def _cost("
                ),
            ),
        ),
        killed_by="secret.not-with-results",
    ),
    SourceMutant(
        name="webhooks-out-of-the-blue",
        file="by_url",
        before='    auth=Auth(form="Key {key}"),\n',
        after=('    auth=Auth(form="Key {key}"),\n    webhooks=True,\n'),
        killed_by="doc.webhooks",
    ),
    SourceMutant(
        name="another-host-declared",
        file="by_id",
        before='origins=("https://api.by-id.test",)',
        after='origins=("https://api.by-id.test", "https://api.by-id.example")',
        killed_by="doc.hosts",
    ),
    SourceMutant(
        name="another-header",
        file="by_id",
        before='Auth(header="X-Key", form="{key}")',
        after='Auth(header="X-Token", form="{key}")',
        killed_by="doc.auth",
    ),
    SourceMutant(
        name="kept-for-a-week",
        file="by_id",
        before="results_kept=86_400",
        after="results_kept=604_800",
        killed_by="doc.results-kept",
    ),
    SourceMutant(
        name="sources-left-out",
        file="at_once",
        before=("        prices=prices,\n        source=_PAGE,\n"),
        after="        prices=prices,\n",
        killed_by="doc.catalog-sources",
    ),
    SourceMutant(
        name="model-misspelt",
        file="by_id",
        before='_model("silver-2",',
        after='_model("silver-two",',
        killed_by="doc.models",
    ),
    SourceMutant(
        name="model-made-up",
        file="by_id",
        before='        _model("silver-2",',
        after=(
            '        _model("silver-7", "Silver 7", small="0.020"),\n        _model("silver-2",'
        ),
        killed_by="doc.priced-models",
    ),
    SourceMutant(
        name="references-withheld",
        file="by_url",
        before='references=References(forms=("url", "data_uri"), max_count=1, source=_PAGE),\n',
        after="",
        killed_by="doc.references",
    ),
    SourceMutant(
        name="many-more-at-once",
        file="at_once",
        before="        max_n=4,",
        after="        max_n=40,",
        killed_by="doc.offers-only-what-is-documented",
    ),
)
