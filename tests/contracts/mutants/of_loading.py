"""How a plugin is loaded, and what its hooks may not touch."""

from __future__ import annotations

from tests.contracts.mutants.mutant import SourceMutant

MUTANTS = (
    SourceMutant(
        name="hook-misspelt",
        file="by_id",
        before=("@hookimpl\ndef cancel("),
        after=("@hookimpl\ndef cancle("),
        installed=True,
        killed_by="install.hook-names",
    ),
    SourceMutant(
        name="hook-undecorated",
        file="by_id",
        before=("@hookimpl\ndef cancel("),
        after="def cancel(",
        killed_by="install.hook-marks",
    ),
    SourceMutant(
        name="required-hook-undecorated",
        file="at_once",
        before="@hookimpl\ndef price(",
        after="def price(",
        installed=True,
        killed_by="install.hook-marks",
    ),
    SourceMutant(
        name="required-hook-missing",
        file="at_once",
        before="@hookimpl\ndef poll(",
        after="def _poll(",
        installed=True,
        killed_by="install.required-hooks",
    ),
    SourceMutant(
        name="hook-argument-misspelt",
        file="by_url",
        before=(
            "def poll(task: Task) -> Request:\n"
            '    """The address that the submission returned."""\n'
            "    return Request.get(_on_origin(str(task."
        ),
        after=(
            "def poll(job: Task) -> Request:\n"
            '    """The address that the submission returned."""\n'
            "    return Request.get(_on_origin(str(job."
        ),
        installed=True,
        killed_by="install.hook-arguments",
    ),
    SourceMutant(
        name="describes-another-provider",
        file="multipart",
        before='name="reference_multipart"',
        after='name="acme"',
        killed_by="install.loads",
    ),
    SourceMutant(
        name="reads-a-file-at-import",
        file="at_once",
        before="_OK = 200\n",
        after=("_OK = 200\n_HOSTS = open('/etc/hosts').read()\n"),
        installed=True,
        killed_by="install.clean-import",
    ),
    SourceMutant(
        name="speaks-http-itself",
        file="at_once",
        before="_OK = 200\n",
        after=("import urllib3\n\n_OK = 200\n"),
        installed=True,
        killed_by="install.no-http-library",
    ),
    SourceMutant(
        name="changes-the-process",
        file="at_once",
        before="_OK = 200\n",
        after=("import decimal\n\ndecimal.getcontext().prec = 3\n_OK = 200\n"),
        installed=True,
        killed_by="install.leaves-others-alone",
    ),
    SourceMutant(
        name="hook-sleeps",
        file="by_id",
        before='    """`GET /v1/tasks/{id}`."""\n',
        after=('    """`GET /v1/tasks/{id}`."""\n    import time\n\n    time.sleep(0.001)\n'),
        killed_by="pure.no-clock",
    ),
    SourceMutant(
        name="hook-opens-a-file",
        file="by_id",
        before='    """`GET /v1/tasks/{id}`."""\n',
        after=(
            '    """`GET /v1/tasks/{id}`."""\n'
            '    with open("/etc/hosts") as file:\n'
            "        file.read()\n"
        ),
        killed_by="pure.no-io",
    ),
    SourceMutant(
        name="hook-opens-a-socket",
        file="by_url",
        before=("    message = exchange.message\n    status"),
        after=(
            "    import socket\n"
            "\n"
            "    socket.socket().close()\n"
            "    message = exchange.message\n"
            "    status"
        ),
        killed_by="pure.no-io",
    ),
    SourceMutant(
        name="hook-prints",
        file="at_once",
        before='    """A finished task, from an answer or event by event."""\n',
        after=(
            '    """A finished task, from an answer or event by event."""\n    print(exchange)\n'
        ),
        killed_by="pure.no-io",
    ),
    SourceMutant(
        name="hook-reads-the-environment",
        file="at_once",
        before='    """`POST /v1/images`."""\n',
        after=('    """`POST /v1/images`."""\n    import os\n\n    os.environ.get("HOME")\n'),
        killed_by="pure.no-environment",
    ),
    SourceMutant(
        name="hook-draws-lots",
        file="by_url",
        before='    """`POST /v2/generate`."""\n',
        after=('    """`POST /v2/generate`."""\n    import random\n\n    random.random()\n'),
        killed_by="pure.no-chance",
    ),
    SourceMutant(
        name="knows-its-thread",
        file="by_url",
        before='    """`POST /v2/generate`."""\n',
        after=(
            '    """`POST /v2/generate`."""\n'
            "    import threading\n"
            "\n"
            "    if threading.current_thread() is not threading.main_thread():\n"
            "        return None\n"
        ),
        killed_by="pure.same-in-a-thread",
    ),
    SourceMutant(
        name="returns-a-dict",
        file="by_url",
        before="    image = request.references[0].url if request.references else None\n",
        after=('    return {"url": _ORIGIN}\n    image = None\n'),
        killed_by="pure.returns-neutral-values",
    ),
    SourceMutant(
        name="changes-its-argument",
        file="by_url",
        before="    work, raw = read(message, _Work)\n",
        after=(
            '    work, raw = read(message, _Work)\n    object.__setattr__(task, "progress", 1.0)\n'
        ),
        killed_by="pure.arguments-untouched",
    ),
    SourceMutant(
        name="counts-its-calls",
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
        killed_by="pure.deterministic",
    ),
)
