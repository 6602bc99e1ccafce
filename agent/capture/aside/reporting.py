"""The cloud is told what came into quarantine and what left it, each once.

What was told is written down beside the quarantine, behind the event: a crash between the two
tells a stay again, under the same id, and the outbox knows it. So all that lies here is told in
time, also what an agent before this one set aside, and nobody needs to tell this part of anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from agent.capture.aside.telling import Teller
from agent.capture.aside.told import ToldFolder, Word
from agent.capture.quarantine import Kept, Quarantine
from agent.facts import FactMaker
from agent.outbox import Draft, Stored
from models.wire.events.capture import RecordReleased, ReleasedHow
from models.wire.registry import RECORD_QUARANTINED, RECORD_RELEASED
from models.wire.topics import Stream

STREAM: Final = Stream.GUIDE
"""Never dropped, and not the sales' own: these facts lie here until they are told, so they need no
reserve, and sales neither wait behind them nor are counted with them."""

MOST_AT_ONCE: Final = 20
"""Records told in one look: a quarantine of a year is told in minutes, not in one burst."""

_EARLY: Final = timedelta(minutes=1)


class Outbox(Protocol):
    """Takes events; durable on return."""

    def append(self, stream: Stream, drafts: Sequence[Draft]) -> Sequence[Stored]:
        """Store events; raises TransientError, DiskUnusable."""
        ...


@dataclass(frozen=True, slots=True)
class Reporter:
    """Looks at the quarantine and tells what changed. Used by one thread.

    Attributes:
        keep_days: how long a record may lie there: what went behind that without a word ended.
    """

    quarantine: Quarantine
    teller: Teller
    facts: FactMaker
    outbox: Outbox
    keep_days: float

    @property
    def _told(self) -> ToldFolder:
        return self.quarantine.told

    def step(self, now: datetime) -> int:
        """Tell what is new, the oldest first and not all at once; returns how many were told.

        Raises:
            AgentError: the outbox or the disk cannot take it now; the next step goes on from here.
        """
        here = {kept.name: kept for kept in self.quarantine.kept()}
        ended = self._tell_ends(here, now)
        stays = self._told.stays()
        fresh = [kept for kept in here.values() if kept.name not in stays and _is_whole(kept, now)]
        for kept in fresh[:MOST_AT_ONCE]:
            self._tell(kept)
        return ended + len(fresh[:MOST_AT_ONCE])

    def _tell(self, kept: Kept) -> None:
        event = self.teller.event(kept)
        key = _key(kept.name, kept.at)
        self.outbox.append(STREAM, [self.facts.repeatable(RECORD_QUARANTINED, event, key)])
        self._told.tell(kept.name, kept.at)

    def _tell_ends(self, here: Mapping[str, Kept], now: datetime) -> int:
        ended = [
            (name, since)
            for name, since in self._told.stays().items()
            if name not in here or here[name].at != since
        ]
        for name, since in ended:
            word = self._word(name, since, now, is_here=name in here)
            event = RecordReleased(
                name=name, quarantined_at=since, released_at=word.at, how=word.how
            )
            key = f"{_key(name, since)}/released"
            self.outbox.append(STREAM, [self.facts.repeatable(RECORD_RELEASED, event, key)])
            self._told.forget(name)
        return len(ended)

    def _word(self, name: str, since: datetime, now: datetime, *, is_here: bool) -> Word:
        """How it went. What is found here is written down first, so that a crash finds the same."""
        if word := self._told.word(name):
            return word
        is_old = now - since >= timedelta(days=self.keep_days)
        gone = ReleasedHow.EXPIRED if is_old else ReleasedHow.GONE
        how = ReleasedHow.RETRIED if is_here else gone
        self._told.leave_word(name, how, now)
        return Word(how, now)


def _is_whole(kept: Kept, now: datetime) -> bool:
    """Notes are written before what they tell of: a young one may only be early."""
    return kept.path.exists() or now - kept.at >= _EARLY


def _key(name: str, since: datetime) -> str:
    return f"quarantine/{name}/{since.isoformat()}"
