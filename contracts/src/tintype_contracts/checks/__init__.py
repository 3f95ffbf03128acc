"""The checks that prove a plugin, a module for each group.

`capabilities` and `offers` add to several groups, or to one that is long already.
"""

from tintype_contracts.check import Check, entered

__all__ = ["all_checks"]


def all_checks() -> tuple[Check, ...]:
    """Every check, by group and then as its module has them.

    The modules are imported here, where they are asked for: they bring Hypothesis and servers.
    """
    from tintype_contracts.checks import (  # noqa: F401, PLC0415 - they enter themselves
        capabilities,
        doc,
        doc_catalog,
        doc_facts,
        error,
        fuzz,
        generous,
        install,
        offers,
        parse,
        price,
        pure,
        request,
        request_options,
        request_rules,
        secret,
        secret_in_webhooks,
        state,
        strict,
        wire,
    )

    return entered()
