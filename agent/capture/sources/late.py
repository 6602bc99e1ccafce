"""A source that is put together when it is started, and again whenever that has failed.

What databases, doors and pullers need from the shop (a file with a login, a driver, a profile) may
be mended while the agent runs; the other sources do not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from agent.health.status.tills import SourceKind, SourceStatus


class Runner(Protocol):
    """What does the work of a source, in threads of its own."""

    def start(self) -> None:
        """Begin; raises AgentError."""
        ...

    def stop(self) -> None:
        """End; does nothing where it has not begun."""
        ...


R = TypeVar("R", bound=Runner)


@dataclass(frozen=True, slots=True)
class Recipe(Generic[R]):
    """How a source is made and told of.

    Attributes:
        name: unique on this box.
        build: makes one that is not started; raises BadConfiguration.
        told: how it is, in the words of the status.
    """

    name: str
    kind: SourceKind
    build: Callable[[], R]
    told: Callable[[R], SourceStatus]


class LateSource(Generic[R]):
    """One source; see ``Source``."""

    def __init__(self, recipe: Recipe[R]) -> None:
        """Nothing is made or read yet."""
        self.name = recipe.name
        self.kind = recipe.kind
        self._recipe = recipe
        self._runner: R | None = None

    def start(self) -> None:
        """Make it and start it; raises AgentError, and may then be called again."""
        runner = self._recipe.build()
        try:
            runner.start()
        except BaseException:
            runner.stop()
            raise
        self._runner = runner

    def stop(self) -> None:
        """End what runs."""
        if self._runner is not None:
            self._runner.stop()

    def status(self) -> SourceStatus:
        """How it is; not started until ``start`` has come back."""
        if self._runner is None:
            return SourceStatus(name=self.name, kind=self.kind, started=False)
        return self._recipe.told(self._runner)
