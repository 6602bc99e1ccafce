"""A disk as it follows from a log: fed record by record, asked at any moment what a cut leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import assert_never

from tests.faults.powercut.contents import Contents
from tests.faults.powercut.entries import Entries, File, Folder, Names, Node, Step
from tests.faults.powercut.image import Image, Kept, is_index
from tests.faults.powercut.records import (
    Created,
    Found,
    Linked,
    Marked,
    Record,
    Removed,
    Renamed,
    Synced,
    Truncated,
    Unmodelled,
    Written,
)


class NotModelled(Exception):
    """A program did to the watched folder what the model has no word for; no cut would be true."""


class Disk:
    """The watched folder on its disk.

    Attributes:
        marks: the test's notes so far, in order.
    """

    def __init__(
        self, root: int, names: Names = Names.POSIX, *, honours_syncs: bool = True
    ) -> None:
        """An empty disk.

        Args:
            root: the watched folder's inode number.
            names: when a name is durable.
            honours_syncs: False for a disk that answers a sync at once and writes when it likes; no
                program can keep a promise on it, and a test that does not notice is worth nothing.
        """
        self.marks: list[str] = []
        self._root = Folder(0o700)
        self._nodes: dict[int, Node] = {root: self._root}
        self._entries = Entries(names)
        self._honours_syncs = honours_syncs

    def apply(self, position: int, record: Record) -> None:
        """The next record; raises NotModelled."""
        match record:
            case Found(node, folder, mode, name, content):
                self._find(_node(mode, content), node, self._folder(folder), name)
            case Written() | Truncated():
                self._file(record.node).contents.change(position, record)
            case Synced(node, began):
                self._sync(self._known(node), began)
            case Created() | Linked() | Renamed() | Removed():
                self._entries.change(position, *self._steps(record))
            case Marked(text):
                self.marks.append(text)
            case Unmodelled(function):
                raise NotModelled(f"{function} in the watched folder: teach the shim its record")
            case _:
                assert_never(record)

    def survivor(self, random: Random) -> Image:
        """What a power cut may leave now; changes nothing."""
        tree = self._entries.survivor(random)
        return _image(
            self._root,
            lambda folder: tree.get(folder, folder.settled),
            lambda file: file.contents.survivor(random),
        )

    def whole(self) -> Image:
        """What programs see now: what a cut leaves that forgets nothing."""
        return _image(self._root, lambda folder: folder.now, lambda file: file.contents.whole())

    @property
    def unsynced(self) -> int:
        """How many changes of reachable files and of names a cut could undo now."""
        return len(self._entries.pending) + _unsynced_below(self._root)

    def _find(self, node: Node, number: int, folder: Folder, name: str) -> None:
        self._nodes[number] = node
        folder.now[name] = folder.settled[name] = node

    def _steps(self, record: Created | Linked | Renamed | Removed) -> tuple[Step, ...]:
        match record:
            case Created(number, folder, mode, name, is_folder):
                node = self._nodes[number] = _node(mode, None if is_folder else b"")
                return (Step(self._folder(folder), name, node),)
            case Linked(number, folder, name):
                return (Step(self._folder(folder), name, self._known(number)),)
            case Removed(folder, name):
                return (Step(self._folder(folder), name, None),)
            case Renamed():
                return self._renamed(record)
        assert_never(record)

    def _renamed(self, moved: Renamed) -> tuple[Step, ...]:
        old, new = self._folder(moved.old_folder), self._folder(moved.new_folder)
        node = old.now.get(moved.old_name)
        if node is None:
            raise NotModelled(f"{moved.old_name}: came from outside the recording")
        if new.now.get(moved.new_name) is node:
            return ()  # two names of one file: POSIX says that nothing happens
        return Step(old, moved.old_name, None), Step(new, moved.new_name, node)

    def _sync(self, node: Node, began: int) -> None:
        if not self._honours_syncs:
            return
        if isinstance(node, File):
            node.contents.settle(began)
        self._entries.settle(node, began)

    def _folder(self, number: int) -> Folder:
        node = self._known(number)
        assert isinstance(node, Folder), number
        return node

    def _known(self, number: int) -> Node:
        if number not in self._nodes:
            raise NotModelled(f"inode {number}: came from outside the recording")
        return self._nodes[number]

    def _file(self, number: int) -> File:
        """A file; one that nobody was seen to create (O_TMPFILE) begins empty."""
        node = self._nodes.setdefault(number, _node(0o600, b""))
        assert isinstance(node, File), number
        return node


def _node(mode: int, content: bytes | None) -> Node:
    if content is None:
        return Folder(mode & 0o7777)
    return File(Contents(bytearray(content)), mode & 0o7777)


def _image(
    root: Folder,
    names: Callable[[Folder], Mapping[str, Node]],
    content: Callable[[File], bytes],
) -> Image:
    def below(folder: Folder, path: str) -> Iterator[tuple[str, Kept]]:
        for name, node in sorted(names(folder).items()):
            if isinstance(node, Folder):
                yield path + name, Kept(node.mode, None)
                yield from below(node, f"{path}{name}/")
            elif not is_index(name):
                yield path + name, Kept(node.mode, content(node))

    return Image(dict(below(root, "")))


def _unsynced_below(folder: Folder) -> int:
    return sum(
        _unsynced_below(node) if isinstance(node, Folder) else len(node.contents.pending)
        for name, node in folder.now.items()
        if not is_index(name)
    )
