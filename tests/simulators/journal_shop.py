"""A shop whose till keeps a journal: the file, what becomes of it, and who follows it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.journal import (
    Chain,
    CursorFile,
    JournalProfile,
    JournalReader,
    JournalTail,
    Layout,
    SetAside,
    TailSettings,
)
from agent.capture.pos.journal.lines import LineSplitter, Spot
from agent.capture.pos.sink import CapturedSale
from models.wire.events.sale import SaleRecorded
from tests.simulators.capturing import PROFILES, LedgerSink, context
from tests.simulators.clocks import HandClock


def journal_profile(name: str) -> JournalProfile:
    """A shipped profile."""
    return load_named(PROFILES, name, JournalProfile, Adapter.JOURNAL)


def read_all(profile: JournalProfile, data: bytes) -> list[CapturedSale | SetAside]:
    """A whole journal at once."""
    reader = JournalReader(profile, context())
    lines = LineSplitter(Spot(1, 0, 1), profile.encoding, profile.longest_record_bytes)
    records = [*lines.feed(data), *lines.finish()]
    found = [outcome for record in records for outcome in reader.feed(record, 0)]
    return found + reader.finish()


def sales_in(profile: JournalProfile, data: bytes) -> list[SaleRecorded]:
    """The sales of a journal, nothing of which may be set aside."""
    found = read_all(profile, data)
    assert not [each for each in found if isinstance(each, SetAside)], found
    return [each.sale for each in found if isinstance(each, CapturedSale)]


class AsideBox:
    """An ``Aside`` that remembers, by place and content, as the quarantine does."""

    def __init__(self) -> None:
        self.kept: dict[bytes, SetAside] = {}

    def keep(self, item: SetAside, file: str) -> None:
        del file
        self.kept[item.data] = item


class JournalShop:
    """A folder with a journal in it, and an agent that can be killed and started again."""

    def __init__(
        self, folder: Path, profile: JournalProfile, settings: TailSettings | None = None
    ) -> None:
        self.path = folder / "journal.txt"
        self.profile = profile
        self.sink = LedgerSink()
        self.aside = AsideBox()
        self.clock = HandClock()
        self.settings = settings
        self.rotations = 0
        self.tail = self.start()

    def start(self) -> JournalTail:
        """A new agent; the one before, if any, is simply gone."""
        profile = self.profile
        self.tail = JournalTail(
            Chain(self.path),
            JournalReader(profile, context()),
            Layout(profile.encoding, profile.longest_record_bytes, profile.lines_may_span_files),
            sink=self.sink,
            aside=self.aside,
            cursors=CursorFile(self.path.parent / "cursor.json"),
            clock=self.clock,
            settings=self.settings,
        )
        return self.tail

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.tail.close()

    def restart(self) -> None:
        """Kill the agent and start it again."""
        self.tail.close()
        self.start()

    def write(self, data: bytes) -> None:
        """The till appends."""
        with self.path.open("ab") as file:
            file.write(data)

    def rename(self) -> None:
        """Rotation by renaming: journal.1 is the last one, journal.2 the one before."""
        if not self.path.exists():
            return
        for number in range(self.rotations, 0, -1):
            self._name(number).rename(self._name(number + 1))
        self.path.rename(self._name(1))
        self.rotations += 1

    def copy_truncate(self) -> None:
        """Rotation by copying, then emptying."""
        if not self.path.exists():
            return
        for number in range(self.rotations, 0, -1):
            self._name(number).rename(self._name(number + 1))
        shutil.copyfile(self.path, self._name(1))
        os.truncate(self.path, 0)
        self.rotations += 1

    def truncate(self) -> None:
        """Emptied without a copy."""
        os.truncate(self.path, 0)

    def wait(self, seconds: float) -> None:
        """Time passes, and the agent looks."""
        self.clock.move(seconds)
        self.tail.step()

    @property
    def numbers(self) -> Sequence[str]:
        """Sequence numbers in the order in which the sink first had them."""
        return self.sink.numbers

    def _name(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
