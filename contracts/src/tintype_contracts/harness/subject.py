"""What a check looks at: one plugin, and what its provider documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from tintype._plugins.registry import Plugin
from tintype.catalog import ProviderInfo
from tintype.errors import PluginError
from tintype.exchange import Message, Operation
from tintype.hooks import Provider
from tintype_contracts.fixtures.flaws import FixtureError
from tintype_contracts.fixtures.format import DocumentedExchange, Fixtures
from tintype_contracts.harness.scenario import Ending, Rehearsal
from tintype_contracts.harness.worlds import USUAL, World


class Subject:
    """One plugin under examination.

    What cannot be loaded is held as the error that says why. Only the checks of the group
    `install` are asked about such a subject; to any other, reaching for what is not there
    raises that error.

    Attributes:
        options: What the run was asked for, such as the day (`today`) that ages are counted to.
    """

    def __init__(
        self,
        plugin: Plugin | PluginError,
        fixtures: Fixtures | FixtureError,
        options: Mapping[str, str] | None = None,
        *,
        name: str = "",
    ) -> None:
        self._plugin = plugin
        self._fixtures = fixtures
        self._name = name
        self.options: Mapping[str, str] = options or {}
        self._worlds: dict[World, Rehearsal] = {}

    @property
    def faults(self) -> tuple[PluginError | FixtureError, ...]:
        """Why the plugin, or its fixtures, cannot be loaded; nothing where both can."""
        halves = (self._plugin, self._fixtures)
        return tuple(half for half in halves if isinstance(half, PluginError | FixtureError))

    @property
    def plugin(self) -> Plugin:
        """The plugin behind its relay, as the core calls it.

        Raises:
            PluginError: It cannot be loaded.
        """
        if isinstance(self._plugin, PluginError):
            raise self._plugin
        return self._plugin

    @property
    def fixtures(self) -> Fixtures:
        """What the provider documents.

        Raises:
            FixtureError: It cannot be loaded.
        """
        if isinstance(self._fixtures, FixtureError):
            raise self._fixtures
        return self._fixtures

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._name or self.plugin.name

    @property
    def hooks(self) -> Provider:
        """The hooks."""
        return self.plugin.hooks

    @property
    def info(self) -> ProviderInfo:
        """What the plugin says it offers."""
        return self.plugin.info

    @cached_property
    def rehearsal(self) -> Rehearsal:
        """The hooks played through the fixtures."""
        return self.in_world(USUAL)

    def in_world(self, world: World) -> Rehearsal:
        """The hooks played through the fixtures where the provider chooses otherwise."""
        if world not in self._worlds:
            self._worlds[world] = Rehearsal(
                hooks=self.plugin.hooks, fixtures=self.fixtures, world=world
            )
        return self._worlds[world]

    def exchanges(self, *operations: str) -> Iterator[DocumentedExchange]:
        """Every exchange of these operations, or of all."""
        for exchange in self.fixtures.exchanges.values():
            if not operations or exchange.operation in operations:
                yield exchange

    def told(
        self, exchange: DocumentedExchange, message: Message | None, operation: Operation
    ) -> Ending:
        """What `parse` makes of another message in the place of the documented one."""
        return self.rehearsal.told(exchange, message, operation)
