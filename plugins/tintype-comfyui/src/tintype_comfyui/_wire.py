"""ComfyUI's JSON, with the names that it uses (server.py, execution.py)."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from tintype.convert import Id


@frozen(kw_only=True)
class Queued:
    """The answer to a graph that was accepted."""

    prompt_id: Id


@frozen(kw_only=True)
class Uploaded:
    """Where a source image lies now, which may be under another name than it was given."""

    name: str
    subfolder: str = ""
    type: str = "input"


@frozen(kw_only=True)
class Canceled:
    """Whether a job was stopped: one that is over, or that is not known, was not."""

    cancelled: bool


@frozen(kw_only=True)
class File:
    """A picture by its name: `output` was saved, `temp` was shown."""

    filename: str
    subfolder: str = ""
    type: str = "output"


@frozen(kw_only=True)
class Node:
    """What a node put out; only what lies under `images` is pictures."""

    images: tuple[File | None, ...] = ()


@frozen(kw_only=True)
class Status:
    """How a graph ended, and the events on its way, each a name and its data."""

    status_str: str
    messages: tuple[object, ...] = ()


@frozen(kw_only=True)
class Ran:
    """A graph that has run."""

    status: Status
    outputs: Mapping[str, Node] = field(factory=dict)


@frozen(kw_only=True)
class Event:
    """The data of an event; only errors have these."""

    node_id: Id | None = None
    node_type: str = ""
    exception_message: str = ""
    exception_type: str = ""


@frozen(kw_only=True)
class Problem:
    """What is wrong with a graph, or with an input of a node."""

    type: str = ""
    message: str = ""
    details: str = ""


@frozen(kw_only=True)
class NodeProblems:
    """What is wrong with a node."""

    errors: tuple[Problem | None, ...] = ()
    class_type: str = ""


@frozen(kw_only=True)
class Refusal:
    """Why a graph was not queued. Where a job is not known, the error is a text."""

    error: Problem | str | None = None
    node_errors: Mapping[str, NodeProblems] = field(factory=dict)
