"""Which names lead to which files, synced and not yet, and what a power cut leaves of that.

Two rules of when a name is durable. ``POSIX``: after a sync of its folder, and not before; unsynced
changes survive in any selection. ``JOURNALLED``: as ext4 and XFS do it, every sync of anything
writes the journal out up to here, and unsynced changes survive in order up to some moment. A rename
is whole or not at all under both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import assert_never

from tests.faults.powercut.contents import Contents


class Names(StrEnum):
    """When a name is durable."""

    POSIX = "posix"
    JOURNALLED = "journalled"


@dataclass(eq=False, slots=True)
class File:
    """A file, under any number of names."""

    contents: Contents
    mode: int


@dataclass(eq=False, slots=True)
class Folder:
    """A folder: its names now, and its names on the disk."""

    mode: int
    now: dict[str, Node] = field(default_factory=dict)
    settled: dict[str, Node] = field(default_factory=dict)


Node = File | Folder


@dataclass(frozen=True, slots=True)
class Step:
    """One name leads to a node, or to nothing, from now on."""

    folder: Folder
    name: str
    node: Node | None


@dataclass(frozen=True, slots=True)
class Change:
    """What one call did: one step, or the two of a rename; whole or not at all."""

    position: int
    steps: tuple[Step, ...]

    @property
    def folders(self) -> set[Folder]:
        """The folders whose names it changes."""
        return {step.folder for step in self.steps}


Tree = Mapping[Folder, Mapping[str, Node]]
"""The names of every folder after a power cut; folders without change are left out."""


@dataclass(slots=True)
class Entries:
    """All names of a disk."""

    names: Names
    pending: list[Change] = field(default_factory=list)

    def change(self, position: int, *steps: Step) -> None:
        """A change in memory; positions rise."""
        for step in steps:
            _take(step.folder.now, step)
        self.pending.append(Change(position, steps))

    def settle(self, node: Node, before: int) -> None:
        """A sync of a file or folder, begun at this position, has succeeded."""
        done = self._settled_by(node, before)
        for change in done:
            for step in change.steps:
                _take(step.folder.settled, step)
        gone = {id(change) for change in done}
        self.pending = [change for change in self.pending if id(change) not in gone]

    def _settled_by(self, node: Node, before: int) -> list[Change]:
        earlier = [change for change in self.pending if change.position < before]
        match self.names:
            case Names.JOURNALLED:
                return earlier
            case Names.POSIX:
                return _touching(node, earlier) if isinstance(node, Folder) else []
        assert_never(self.names)

    def survivor(self, random: Random) -> Tree:
        """What a power cut may leave now; changes nothing."""
        tree: dict[Folder, dict[str, Node]] = {}
        for change in self._surviving(random):
            for step in change.steps:
                _take(tree.setdefault(step.folder, dict(step.folder.settled)), step)
        return tree

    def _surviving(self, random: Random) -> list[Change]:
        some = self.pending[: random.randint(0, len(self.pending))]
        match self.names:
            case Names.JOURNALLED:
                return some
            case Names.POSIX:
                scattered = [change for change in self.pending if random.random() < 0.5]
                return random.choice(([], self.pending, some, scattered))
        assert_never(self.names)


def _touching(folder: Folder, changes: list[Change]) -> list[Change]:
    """What a sync of this folder writes; with a rename out of it goes what led up to that."""
    folders, found = {folder}, list[Change]()
    for change in reversed(changes):
        if folders & change.folders:
            folders |= change.folders
            found.append(change)
    return found[::-1]


def _take(names: dict[str, Node], step: Step) -> None:
    if step.node is None:
        names.pop(step.name, None)
    else:
        names[step.name] = step.node
