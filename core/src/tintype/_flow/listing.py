"""The live list of a provider's models, page by page."""

from __future__ import annotations

from attrs import evolve

from tintype._flow.channel import Channel
from tintype._flow.effects import Flow
from tintype.catalog import Model, ProviderInfo
from tintype.errors import ProtocolError
from tintype.exchange import Operation
from tintype.messages import Request

_MAX_PAGES = 64


def live_list(channel: Channel) -> Flow[ProviderInfo]:
    """The provider with the models of all pages, the catalog's default first.

    Where it has no live list it is the catalog.

    Raises:
        ProtocolError: The pages do not end.
    """
    info, models, cursor = channel.info, dict[str, Model](), ""
    seen: set[str] = set()
    while len(seen) < _MAX_PAGES and cursor not in seen:
        seen.add(cursor)
        asked = channel.caller.call(Request, "models", cursor=cursor)
        if asked is None:
            break
        info = yield from channel.query(ProviderInfo, Operation.MODELS, asked)
        for model in info.models:
            models.setdefault(model.id, model)
        cursor = info.next_models
        if not cursor:
            break
    else:
        msg = f"The list of models has no end: it was left after {len(seen)} pages."
        raise ProtocolError(msg, provider=channel.info.name)
    if not models:
        return info
    default = channel.info.models[0].id
    first = sorted(models.values(), key=lambda model: model.id != default)
    return evolve(info, models=tuple(first), next_models="")
