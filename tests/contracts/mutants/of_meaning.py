"""Mutants that mistake states, errors, and answers nobody foresaw."""

from __future__ import annotations

from tests.contracts.mutants.mutant import SourceMutant

MUTANTS = (
    SourceMutant(
        name="failure-taken-for-running",
        file="by_id",
        before='    "failed": TaskState.FAILED,\n',
        after='    "failed": TaskState.RUNNING,\n',
        killed_by="state.words-mean-what-is-documented",
    ),
    SourceMutant(
        name="unknown-status-as-done",
        file="by_id",
        before=('    state = translate(work.status, _STATES, "/status")\n    task = evolve('),
        after=("    state = _STATES.get(work.status, TaskState.SUCCEEDED)\n    task = evolve("),
        killed_by="state.unknown-words-are-errors",
    ),
    SourceMutant(
        name="unknown-status-as-running",
        file="by_url",
        before=(
            '    state = translate(work.status, _STATES, "/status")\n'
            "    task = evolve(task, state=state, raw=raw, poll_after"
        ),
        after=(
            "    state = _STATES.get(work.status, TaskState.RUNNING)\n"
            "    task = evolve(task, state=state, raw=raw, poll_after"
        ),
        killed_by="state.unknown-words-are-errors",
    ),
    SourceMutant(
        name="told-twice-counts-twice",
        file="by_id",
        before="    return evolve(task, state=state, images=images, errors=lost)",
        after="    return evolve(task, state=state, images=(*task.images, *images), errors=lost)",
        killed_by="state.told-twice-is-told-once",
    ),
    SourceMutant(
        name="address-kept-in-memory",
        file="by_url",
        before=(
            '    handle = {"polling_url": _on_origin(started.polling_url)}\n'
            "    return evolve(task, id=started.id, state=state, handle=handle, raw=raw)"
        ),
        after=(
            '    handle = {"polling_url": _Address(_on_origin(started.polling_url))}\n'
            "    return evolve(task, id=started.id, state=state, handle=handle, raw=raw)"
        ),
        killed_by="state.resumes-elsewhere",
    ),
    SourceMutant(
        name="never-polls",
        file="by_url",
        before='    return Request.get(_on_origin(str(task.handle.get("polling_url", ""))))\n',
        after="    return None\n",
        killed_by="state.scenes-end-as-documented",
    ),
    SourceMutant(
        name="needs-a-look-in-between",
        file="by_id",
        before="    if state is TaskState.SUCCEEDED:\n",
        after=(
            "    if state is TaskState.SUCCEEDED and task.progress is None and not"
            " task.raw.get('progress'):\n"
            "        return evolve(task, state=TaskState.RUNNING)\n"
            "    if state is TaskState.SUCCEEDED:\n"
        ),
        killed_by="state.ends-at-any-look",
    ),
    SourceMutant(
        name="noise-ends-the-task",
        file="by_id",
        before="    _check(exchange.message)\n",
        after=(
            "    if exchange.operation is Operation.POLL and isinstance(exchange.message,"
            " Response) and exchange.message.status >= 500:\n"
            "        return evolve(exchange.task or Task(), state=TaskState.FAILED)\n"
            "    _check(exchange.message)\n"
        ),
        killed_by="state.noise-loses-no-task",
    ),
    SourceMutant(
        name="waits-for-ever",
        file="by_url",
        before='    auth=Auth(form="Key {key}"),\n',
        after=('    auth=Auth(form="Key {key}"),\n    task_timeout=1e9,\n'),
        killed_by="state.stops-at-the-deadline",
    ),
    SourceMutant(
        name="done-then-running",
        file="by_id",
        before="    task = evolve(task, id=found, state=state",
        after=(
            "    state = TaskState.RUNNING if task.state is TaskState.SUCCEEDED else state\n"
            "    task = evolve(task, id=found, state=state"
        ),
        killed_by="state.any-walk-is-sound",
    ),
    SourceMutant(
        name="never-pauses",
        file="by_url",
        before='    auth=Auth(form="Key {key}"),\n',
        after=('    auth=Auth(form="Key {key}"),\n    poll_schedule=(0.0,),\n'),
        killed_by="state.waits-as-asked",
    ),
    SourceMutant(
        name="canceled-taken-for-failed",
        file="by_id",
        before='"canceled": TaskState.CANCELED',
        after='"canceled": TaskState.FAILED',
        killed_by="state.cancels-as-documented",
    ),
    SourceMutant(
        name="no-credit-as-slow-down",
        file="by_id",
        before="    402: InsufficientCreditError,\n",
        after="    402: RateLimitError,\n",
        killed_by="error.no-credit-is-not-slow-down",
    ),
    SourceMutant(
        name="bad-key-as-bad-request",
        file="multipart",
        before="    401: AuthenticationError,\n",
        after="    401: BadRequestError,\n",
        killed_by="error.documented-class",
    ),
    SourceMutant(
        name="refusal-said-to-be-billed",
        file="at_once",
        before="raise refusal(status, _REFUSALS, body.error.message, body.error.code)",
        after=(
            "raise refusal(status, _REFUSALS, body.error.message, body.error.code,"
            " billed=Billed.YES)"
        ),
        killed_by="error.documented-billing",
    ),
    SourceMutant(
        name="words-lost",
        file="by_url",
        before='raise refusal(status, _REFUSALS, body.detail if body else "")',
        after='raise refusal(status, _REFUSALS, "It failed.")',
        killed_by="error.tells-all-it-was-told",
    ),
    SourceMutant(
        name="refusal-read-as-an-answer",
        file="by_url",
        before="    if status != _OK:\n",
        after="    if status >= 500:\n",
        killed_by="error.any-refusal-is-one",
    ),
    SourceMutant(
        name="moderation-as-bad-request",
        file="at_once",
        before=(
            "    if body is not None and body.error.code == _REFUSED:\n"
            "        return _failed(evolve(task, raw=read(message, _Refusal)[1]), body.error)\n"
        ),
        after="",
        killed_by="error.refused-content-is-told-apart",
    ),
    SourceMutant(
        name="error-inside-a-success-missed",
        file="by_id",
        before="    status: str\n    id: Id | None = None\n",
        after='    status: str = "queued"\n    id: Id | None = "task-1"\n',
        killed_by="error.inside-a-success",
    ),
    SourceMutant(
        name="failure-said-to-be-free",
        file="by_url",
        before="    500: ServerError,\n",
        after="    500: RateLimitError,\n",
        killed_by="error.submissions-are-not-repeated",
    ),
    SourceMutant(
        name="not-total",
        file="by_id",
        before="    if not found or task.id",
        after="    if not found.strip()[0] or task.id",
        killed_by="fuzz.every-answer-is-read",
    ),
    SourceMutant(
        name="empty-success",
        file="by_id",
        before="    if not images:\n",
        after="    if lost and not images:\n",
        killed_by="fuzz.no-empty-success",
    ),
    SourceMutant(
        name="negative-cost",
        file="by_url",
        before="    if work.cost_usd is None or work.cost_usd < 0:\n",
        after="    if work.cost_usd is None:\n",
        killed_by="fuzz.no-impossible-value",
    ),
    SourceMutant(
        name="event-order-matters",
        file="at_once",
        before='        case "done":\n',
        after='        case "done" if task.images[-1].index >= 0:\n',
        killed_by="fuzz.events-in-any-order",
    ),
    SourceMutant(
        name="headers-by-case",
        file="multipart",
        before="    answer, raw = read(message, _Answer)\n",
        after=(
            '    if isinstance(message, Response) and "Content-Type" not in'
            " dict(message.headers):\n"
            '        msg = "The answer has no type."\n'
            "        raise ProtocolError(msg)\n"
            "    answer, raw = read(message, _Answer)\n"
        ),
        killed_by="fuzz.headers-in-any-case",
    ),
    SourceMutant(
        name="letters-break-it",
        file="by_id",
        before="    state = translate(work.status, _STATES",
        after=("    work.id.encode('ascii')\n    state = translate(work.status, _STATES"),
        killed_by="fuzz.other-values",
    ),
    SourceMutant(
        name="grows-with-the-square",
        file="multipart",
        before="    answer, raw = read(message, _Answer)\n",
        after=(
            "    answer, raw = read(message, _Answer)\n"
            "    if isinstance(message, Response):\n"
            "        bytes(len(message.body) ** 2 // 64)\n"
        ),
        killed_by="fuzz.heavy-answers",
    ),
)
