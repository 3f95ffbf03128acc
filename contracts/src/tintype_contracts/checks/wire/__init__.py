"""The wire tier's checks: what a plugin's words come to on real sockets, with both transports."""

import tintype_contracts.checks.wire.delivery
import tintype_contracts.checks.wire.leftovers
import tintype_contracts.checks.wire.redirects
import tintype_contracts.checks.wire.results
import tintype_contracts.checks.wire.scenes  # noqa: F401 - each enters its checks
