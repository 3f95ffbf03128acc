"""Mutants that misread what they are told."""

from __future__ import annotations

from tests.contracts.mutants.mutant import SourceMutant

MUTANTS = (
    SourceMutant(
        name="images-forgotten",
        file="by_url",
        before=(
            "return evolve(_drawn(task, work), cost=_cost(work), billed=Billed.YES)\n"
            "        case TaskState.RUNNING"
        ),
        after=(
            "return evolve(_drawn(task, work), billed=Billed.YES)\n        case TaskState.RUNNING"
        ),
        killed_by="parse.documented-answer",
    ),
    SourceMutant(
        name="images-reversed",
        file="multipart",
        before='pictures(answer.results or (), _image, "/results")\n',
        after=(
            'pictures(answer.results or (), _image, "/results")\n'
            "    images = tuple(reversed(images))\n"
        ),
        killed_by="parse.images-in-order",
    ),
    SourceMutant(
        name="first-image-only",
        file="by_id",
        before="pictures(work.images or (), _image",
        after="pictures((work.images or ())[:1], _image",
        killed_by="parse.images-in-order",
    ),
    SourceMutant(
        name="unknown-keys-refused",
        file="by_url",
        before="    work, raw = read(message, _Work)\n",
        after=(
            "    work, raw = read(message, _Work)\n"
            "    if not raw.keys() <= {field.name for field in _Work.__attrs_attrs__}:\n"
            '        msg = "The answer has a key that the page does not list."\n'
            "        raise ProtocolError(msg)\n"
        ),
        killed_by="parse.unknown-keys-tolerated",
    ),
    SourceMutant(
        name="raw-forgotten",
        file="multipart",
        before="return _edited(evolve(task, raw=raw), answer)",
        after="return _edited(task, answer)",
        killed_by="parse.unknown-keys-tolerated",
    ),
    SourceMutant(
        name="latin-only",
        file="at_once",
        before="    answer, raw = read(message, _Answer)\n",
        after=(
            "    if isinstance(message, Response):\n"
            "        message.body.decode('ascii')\n"
            "    answer, raw = read(message, _Answer)\n"
        ),
        killed_by="parse.encodings",
    ),
    SourceMutant(
        name="cut-answers-mended",
        file="multipart",
        before="    answer, raw = read(message, _Answer)\n",
        after=(
            "    if isinstance(message, Response) and not message.body.endswith(b'}'):\n"
            "        return task\n"
            "    answer, raw = read(message, _Answer)\n"
        ),
        killed_by="parse.truncated",
    ),
    SourceMutant(
        name="empty-is-fine",
        file="multipart",
        before=("    _check(message)\n    answer"),
        after=(
            "    if isinstance(message, Response) and not message.body:\n"
            "        return task\n"
            "    _check(message)\n"
            "    answer"
        ),
        killed_by="parse.not-an-answer",
    ),
    SourceMutant(
        name="images-in-raw",
        file="at_once",
        before="    task = evolve(task, raw=raw, images=images,",
        after=(
            "    raw = {'images': [{'b64': picture.b64} for picture in answer.images]}\n"
            "    task = evolve(task, raw=raw, images=images,"
        ),
        killed_by="parse.no-image-in-raw",
    ),
    SourceMutant(
        name="hint-in-milliseconds",
        file="by_url",
        before="return float(seconds) if",
        after="return float(seconds) * 1000 if",
        killed_by="parse.documented-answer",
    ),
    SourceMutant(
        name="key-error-for-a-missing-key",
        file="multipart",
        before="    images, lost = pictures(answer.results or ()",
        after="    answer.results[0]\n    images, lost = pictures(answer.results or ()",
        killed_by="parse.missing-keys-are-told",
    ),
    SourceMutant(
        name="cost-rounded",
        file="by_id",
        before='Cost(usd=work.cost_usd, source="reported")',
        after='Cost(usd=round(work.cost_usd, 4), source="reported")',
        killed_by="parse.numbers-exact",
    ),
    SourceMutant(
        name="text-taken-for-truth",
        file="multipart",
        before="    answer, raw = read(message, _Answer)\n",
        after=(
            "    answer, raw = read(message, _Answer)\n"
            '    if "success" in raw:\n'
            '        answer = evolve(answer, success=bool(raw["success"]))\n'
        ),
        killed_by="strict.only-truth-is-truth",
    ),
    SourceMutant(
        name="list-taken-for-an-answer",
        file="by_id",
        before="    _check(exchange.message)\n",
        after=(
            "    _check(exchange.message)\n"
            "    if isinstance(exchange.message, Response) and"
            ' exchange.message.body.startswith(b"["):\n'
            "        return exchange.task or Task()\n"
        ),
        killed_by="strict.a-body-is-an-object",
    ),
    SourceMutant(
        name="null-becomes-text",
        file="by_id",
        before="    title: str\n",
        after="    title: str | None\n",
        also=(("title=item.title)", "title=str(item.title))"),),
        killed_by="strict.null-is-not-text",
    ),
    SourceMutant(
        name="number-becomes-text",
        file="by_id",
        before="    title: str\n",
        after="    title: str | Decimal\n",
        also=(("title=item.title)", "title=str(item.title))"),),
        killed_by="strict.only-text-is-text",
    ),
    SourceMutant(
        name="text-becomes-a-number",
        file="by_id",
        before=(
            '    """The task as this answer has it."""\n    work, raw = read(message, _Work)\n'
        ),
        after=(
            '    """The task as this answer has it."""\n'
            "    from tintype.convert import loads, structure\n"
            "\n"
            "    raw = dict(loads(message))\n"
            '    if isinstance(raw.get("progress"), str):\n'
            '        raw["progress"] = int(raw["progress"])\n'
            "    work = structure(raw, _Work)\n"
        ),
        killed_by="strict.text-is-not-a-number",
    ),
    SourceMutant(
        name="fraction-cut",
        file="by_id",
        before=(
            '    """The task as this answer has it."""\n    work, raw = read(message, _Work)\n'
        ),
        after=(
            '    """The task as this answer has it."""\n'
            "    from tintype.convert import loads, structure\n"
            "\n"
            "    raw = dict(loads(message))\n"
            '    if isinstance(raw.get("progress"), Decimal):\n'
            '        raw["progress"] = int(raw["progress"])\n'
            "    work = structure(raw, _Work)\n"
        ),
        killed_by="strict.fractions-are-not-cut",
    ),
    SourceMutant(
        name="truth-counts-as-one",
        file="by_id",
        before=(
            '    """The task as this answer has it."""\n    work, raw = read(message, _Work)\n'
        ),
        after=(
            '    """The task as this answer has it."""\n'
            "    from tintype.convert import loads, structure\n"
            "\n"
            "    raw = dict(loads(message))\n"
            '    if isinstance(raw.get("progress"), bool):\n'
            '        raw["progress"] = int(raw["progress"])\n'
            "    work = structure(raw, _Work)\n"
        ),
        killed_by="strict.truth-is-not-a-number",
    ),
    SourceMutant(
        name="object-taken-for-a-list",
        file="by_id",
        before=(
            '    """The task as this answer has it."""\n    work, raw = read(message, _Work)\n'
        ),
        after=(
            '    """The task as this answer has it."""\n'
            "    from tintype.convert import loads, structure\n"
            "\n"
            "    raw = dict(loads(message))\n"
            '    if isinstance(raw.get("images"), dict):\n'
            '        raw["images"] = [raw["images"]]\n'
            "    work = structure(raw, _Work)\n"
        ),
        killed_by="strict.only-a-list-is-a-list",
    ),
    SourceMutant(
        name="status-guessed",
        file="by_id",
        before="    status: str\n    id: Id | None = None\n",
        after='    status: str = "done"\n    id: Id | None = None\n',
        killed_by="strict.nothing-decisive-is-guessed",
    ),
    SourceMutant(
        name="odd-progress-costs-the-picture",
        file="by_id",
        before="    progress: int | None = None\n",
        after="    progress: int | None = decisive(None)\n",
        also=(("import Id, merge_options", "import Id, decisive, merge_options"),),
        killed_by="generous.odd-values-cost-no-picture",
    ),
    SourceMutant(
        name="one-odd-picture-costs-all",
        file="by_url",
        before='    images, lost = pictures(work.output or (), _image, "/output")\n',
        after=(
            '    images, lost = pictures(work.output or (), _image, "/output")\n'
            "    if lost:\n"
            "        raise ProtocolError(lost[0].message)\n"
        ),
        killed_by="generous.an-odd-picture-costs-itself",
    ),
    SourceMutant(
        name="base64-by-the-book",
        file="at_once",
        before="    return Image(\n        data=decode_image",
        after=(
            "    if not picture.b64.isprintable():\n"
            '        msg = "The image is not base64."\n'
            "        raise ProtocolError(msg)\n"
            "    return Image(\n        data=decode_image"
        ),
        killed_by="generous.base64-in-any-spelling",
    ),
    SourceMutant(
        name="status-by-the-letter",
        file="by_url",
        before=(
            '    state = translate(work.status, _STATES, "/status")\n'
            "    task = evolve(task, state=state, raw=raw, poll_after"
        ),
        after=(
            "    if work.status not in _STATES:\n"
            '        msg = "The status is not documented."\n'
            '        raise ProtocolError(msg, pointer="/status")\n'
            '    state = translate(work.status, _STATES, "/status")\n'
            "    task = evolve(task, state=state, raw=raw, poll_after"
        ),
        killed_by="generous.words-in-any-case",
    ),
    SourceMutant(
        name="ids-in-text-only",
        file="by_url",
        before="    id: Id\n",
        after="    id: str\n",
        killed_by="generous.ids-in-digits",
    ),
)
