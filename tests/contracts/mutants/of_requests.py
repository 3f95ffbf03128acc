"""Mutants that send something else than they are asked for."""

from __future__ import annotations

from tests.contracts.mutants.mutant import SourceMutant

MUTANTS = (
    SourceMutant(
        name="another-command",
        file="by_id",
        before='Request.post(f"{_ROOT}/images", merge',
        after='Request.post(f"{_ROOT}/image", merge',
        killed_by="request.printed-command",
    ),
    SourceMutant(
        name="another-path",
        file="by_url",
        before='f"{_ORIGIN}/v2/generate"',
        after='f"{_ORIGIN}/v2/generate/now"',
        killed_by="request.documented-route",
    ),
    SourceMutant(
        name="seed-zero-dropped",
        file="by_url",
        before="seed=request.seed, image=image",
        after="seed=request.seed or None, image=image",
        killed_by="request.falsy-values-arrive",
    ),
    SourceMutant(
        name="watermark-false-dropped",
        file="at_once",
        before="watermark=request.watermark,",
        after="watermark=request.watermark or None,",
        killed_by="request.falsy-values-arrive",
    ),
    SourceMutant(
        name="null-sent",
        file="at_once",
        before="merge_options(body, options), events",
        after='{"quality": None, **merge_options(body, options)}, events',
        killed_by="request.optional-left-out",
    ),
    SourceMutant(
        name="options-forgotten",
        file="by_id",
        before=('request.options.get(INFO.name, {})\n    return Request.post(f"{_ROOT}/images"'),
        after=('{}\n    return Request.post(f"{_ROOT}/images"'),
        killed_by="request.every-parameter-is-reachable",
    ),
    SourceMutant(
        name="prompt-stripped",
        file="at_once",
        before="prompt=request.prompt,",
        after="prompt=request.prompt.strip().replace('\\n', ' '),",
        killed_by="request.prompt-unchanged",
    ),
    SourceMutant(
        name="references-sorted",
        file="by_id",
        before="image_urls=urls or None",
        after="image_urls=tuple(sorted(urls, reverse=True)) or None",
        killed_by="request.references-unchanged",
    ),
    SourceMutant(
        name="first-reference-only",
        file="multipart",
        before="enumerate(request.references, start=1)]",
        after="enumerate(request.references[:1], start=1)]",
        killed_by="request.references-unchanged",
    ),
    SourceMutant(
        name="stream-not-announced",
        file="at_once",
        before="merge_options(body, options), events=request.stream)",
        after="merge_options(body, options))",
        killed_by="request.stream-is-announced",
    ),
    SourceMutant(
        name="n-cannot-be-asked-for",
        file="at_once",
        before="        max_n=4,",
        after="        max_n=1,",
        killed_by="request.capability-on-works",
    ),
    SourceMutant(
        name="cancel-left-out",
        file="by_id",
        before=(
            "@hookimpl\n"
            "def cancel(task: Task) -> Request:\n"
            '    """`DELETE /v1/tasks/{id}`."""\n'
            '    return Request(method="DELETE", url=_task_url(task))\n'
        ),
        after="",
        killed_by="request.capability-on-works",
    ),
    SourceMutant(
        name="cancels-what-cannot-be",
        file="by_url",
        before=("@hookimpl\ndef parse("),
        after=(
            "@hookimpl\n"
            "def cancel(task: Task) -> Request:\n"
            '    """Undocumented."""\n'
            '    return Request(method="DELETE",'
            ' url=_on_origin(str(task.handle.get("polling_url", ""))))\n'
            "\n"
            "\n"
            "@hookimpl\n"
            "def parse("
        ),
        killed_by="request.capability-off-is-refused",
    ),
    SourceMutant(
        name="key-in-the-address",
        file="by_id",
        before="    return Request.get(_task_url(task))\n",
        after='    return Request.get(f"{_task_url(task)}?key={{key}}")\n',
        killed_by="request.documented-example",
    ),
    SourceMutant(
        name="quality-turned-round",
        file="at_once",
        before="quality=request.quality,",
        after='quality={"draft": "fine", "fine": "draft"}.get(request.quality or ""),',
        killed_by="request.values-arrive",
    ),
    SourceMutant(
        name="undocumented-field",
        file="at_once",
        before="merge_options(body, options), events",
        after='{**merge_options(body, options), "client": "tintype"}, events',
        killed_by="request.only-documented-fields",
    ),
    SourceMutant(
        name="any-ratio-admitted",
        file="by_id",
        before='"aspect_ratio": Choice(values=("1:1", "16:9", "9:16"), source=_PAGE)',
        after='"aspect_ratio": Text(source=_PAGE)',
        killed_by="request.out-of-range-is-refused",
    ),
    SourceMutant(
        name="watermark-for-all",
        file="at_once",
        before='"stream": Flag(source=_PAGE),\n',
        after=('"stream": Flag(source=_PAGE),\n            "watermark": Flag(source=_PAGE),\n'),
        killed_by="request.unsupported-is-refused",
    ),
    SourceMutant(
        name="offered-and-forgotten",
        file="by_id",
        before="        output_format=request.output_format,\n",
        after="",
        killed_by="request.offered-fields-are-sent",
    ),
    SourceMutant(
        name="dearer-than-quoted",
        file="by_id",
        before="resolution=request.resolution,",
        after='resolution=request.resolution or "2K",',
        killed_by="request.optional-left-out",
    ),
    SourceMutant(
        name="submits-without-the-key",
        file="multipart",
        before='method="POST", url=f"{_ROOT}/edits", body',
        after='method="POST", auth=False, url=f"{_ROOT}/edits", body',
        killed_by="request.documented-example",
    ),
    SourceMutant(
        name="another-field-name",
        file="by_url",
        before="merge_options(body, options))",
        after=(
            "{name.replace('model', 'model_id'): value"
            " for name, value in merge_options(body, options).items()})"
        ),
        killed_by="request.documented-example",
    ),
)
