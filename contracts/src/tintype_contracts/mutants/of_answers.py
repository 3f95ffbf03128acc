"""Mutants that misread what they are told."""

from __future__ import annotations

from tintype_contracts.mutants.mutant import SourceMutant

MUTANTS = (
    SourceMutant(
        name="images-forgotten",
        file="by_url",
        before=(
            "return evolve(task, images=_images(work), cost=_cost(work), billed=Billed.YES)\n"
            "        case TaskState.RUNNING"
        ),
        after=(
            "return evolve(task, images=_images(work), billed=Billed.YES)\n"
            "        case TaskState.RUNNING"
        ),
        killed_by="parse.documented-answer",
    ),
    SourceMutant(
        name="images-reversed",
        file="multipart",
        before="for index, result in enumerate(found)\n",
        after="for index, result in reversed(list(enumerate(found)))\n",
        killed_by="parse.images-in-order",
    ),
    SourceMutant(
        name="first-image-only",
        file="by_id",
        before="for index, picture in enumerate(found)\n",
        after="for index, picture in enumerate(found[:1])\n",
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
        before=("    found = answer.results or ()\n    if"),
        after=("    found = answer.results\n    found[0]\n    if"),
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
        before=("    success: bool\n    results"),
        after=("    success: bool | str\n    results"),
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
        after="    title: str | int\n",
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
)
