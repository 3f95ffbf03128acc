"""Mutants that show on the wire."""

from __future__ import annotations

from tests.contracts.mutants.mutant import SourceMutant

MUTANTS = (
    SourceMutant(
        name="another-body-on-the-wire",
        file="by_url",
        before="merge_options(body, options)",
        after="{**merge_options(body, options), 'draft': True}",
        killed_by="wire.scenes-by-urllib3",
    ),
    SourceMutant(
        name="another-answer-on-the-wire",
        file="by_id",
        before="        return evolve(_drawn(task, work), cost=_cost(work), billed=Billed.YES)",
        after="        return evolve(_drawn(task, work), billed=Billed.YES)",
        killed_by="wire.scenes-by-aiohttp",
    ),
    SourceMutant(
        name="other-bytes-each-time",
        file="at_once",
        before=(
            "    options = request.options.get(INFO.name, {})\n    return Request.post(_IMAGES,"
        ),
        after=(
            '    calls = globals().setdefault("_calls", [])\n'
            "    calls.append(request)\n"
            '    options = {**request.options.get(INFO.name, {}), "guidance": len(calls) %'
            " 10}\n"
            "    return Request.post(_IMAGES,"
        ),
        killed_by="wire.same-bytes",
    ),
    SourceMutant(
        name="calls-home",
        file="by_url",
        before='    """`POST /v2/generate`."""\n',
        after=(
            '    """`POST /v2/generate`."""\n'
            "    import socket\n"
            "\n"
            "    with socket.socket() as home:\n"
            "        home.settimeout(0.1)\n"
            '        home.connect_ex(("127.0.0.1", 9))\n'
        ),
        killed_by="wire.no-egress",
    ),
    SourceMutant(
        name="leaves-a-file-open",
        file="by_url",
        before='    """`POST /v2/generate`."""\n',
        after=('    """`POST /v2/generate`."""\n    open("/etc/hosts")\n'),
        killed_by="wire.nothing-is-left",
    ),
    SourceMutant(
        name="polls-where-pictures-are",
        file="by_id",
        before='    return f"{_ROOT}/tasks',
        after='    return f"https://pictures.by-id.test/v1/tasks',
        also=(
            (
                'origins=("https://api.by-id.test",)',
                'origins=("https://api.by-id.test", "https://pictures.by-id.test")',
            ),
        ),
        killed_by="wire.key-stays-with-the-api",
    ),
    SourceMutant(
        name="another-picture",
        file="by_url",
        before="Image(url=url, index=index)",
        after="Image(url=f'{url}.webp', index=index)",
        killed_by="wire.results-are-fetched",
    ),
    SourceMutant(
        name="reads-the-encoding",
        file="at_once",
        before="    answer, raw = read(message, _Answer)\n",
        after=(
            "    if isinstance(message, Response) and message.header('Content-Length') is"
            " None:\n"
            "        raise ProtocolError('The answer has no length.')\n"
            "    answer, raw = read(message, _Answer)\n"
        ),
        killed_by="wire.manners-of-delivery",
    ),
    SourceMutant(
        name="reads-proxies",
        file="by_url",
        before='    """`POST /v2/generate`."""\n',
        after=(
            '    """`POST /v2/generate`."""\n'
            "    import os\n"
            "\n"
            '    options = {"proxy": 1} if os.environ.get("HTTPS_PROXY") else {}\n'
            '    return Request.post(f"{_ORIGIN}/v2/generate", options) if options else'
            " _submit(request)\n"
            "\n"
            "\n"
            "def _submit(request: ImageRequest) -> Request:\n"
            '    """Submit."""\n'
        ),
        killed_by="wire.environment-is-ignored",
    ),
)
