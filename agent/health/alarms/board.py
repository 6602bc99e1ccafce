"""The alarms that stand, kept in a small file until they are over.

Who looks hands over a ``Sign`` for every kind it can judge. What stands after a restart stays until
a look has shown that it is over: a camera that is just starting, or a line that is not up yet, says
nothing about the trouble of before.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from agent.health.alarms.vocabulary import AlarmKind
from models.durable import write_whole
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


class StandingAlarm(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alarm that is not over.

    Attributes:
        about: what it concerns, such as a camera's name; empty where there is but one.
        since: aware UTC.
        detail: what was met, as the log says it; nothing personal.
    """

    kind: AlarmKind
    since: datetime
    about: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that stands.

    Attributes:
        since: where it is known better than by the first look.
    """

    about: str = ""
    detail: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """What a look says about one kind of alarm.

    Attributes:
        standing: what certainly stands.
        unclear: what this look cannot judge; it stays as it is.
    """

    kind: AlarmKind
    standing: Sequence[Trouble] = ()
    unclear: frozenset[str] = field(default_factory=frozenset)


class Board:
    """The standing alarms of one agent. Safe from any thread."""

    def __init__(self, path: Path) -> None:
        """Take up what an earlier run left in the file."""
        self._path = path
        self._lock = threading.Lock()
        self._standing = {(alarm.kind, alarm.about): alarm for alarm in read_alarm_file(path)}

    def standing(self) -> list[StandingAlarm]:
        """The alarms, in the order of the vocabulary, the oldest of a kind first."""
        order = list(AlarmKind)
        return sorted(
            self._standing.values(), key=lambda alarm: (order.index(alarm.kind), alarm.since)
        )

    def look(self, signs: Iterable[Sign], now: datetime) -> bool:
        """Raise and end alarms as the signs say; whether any was raised or ended.

        On the disk when this returns, unless the disk does not take it: then it is in the log.
        """
        with self._lock:
            before = dict(self._standing)
            for sign in signs:
                self._apply(sign, now)
            changed = before.keys() != self._standing.keys()
            if changed:
                self._tell(before)
                self._write()
        return changed

    def _apply(self, sign: Sign, now: datetime) -> None:
        found = {trouble.about: trouble for trouble in sign.standing}
        here = {about for kind, about in self._standing if kind is sign.kind}
        standing = dict(self._standing)
        for about in here - found.keys() - sign.unclear:
            del standing[sign.kind, about]
        for about, trouble in found.items():
            known = standing.get((sign.kind, about))
            since = known.since if known else trouble.since or now
            standing[sign.kind, about] = StandingAlarm(sign.kind, since, about, trouble.detail)
        self._standing = standing

    def _tell(self, before: dict[tuple[AlarmKind, str], StandingAlarm]) -> None:
        for key in self._standing.keys() - before.keys():
            alarm = self._standing[key]
            _LOG.warning("alarm_raised", alarm=alarm.kind, about=alarm.about, detail=alarm.detail)
        for kind, about in before.keys() - self._standing.keys():
            _LOG.info("alarm_over", alarm=kind, about=about)

    def _write(self) -> None:
        try:
            write_whole(self._path, msgspec.json.encode(self.standing()))
        except OSError as error:
            _LOG.warning("alarms_not_kept", path=str(self._path), error=error.strerror)


def read_alarm_file(path: Path) -> list[StandingAlarm]:
    """What an agent has kept; nothing where there is no file.

    Alarms that another version kept and this one does not know are left out.
    """
    try:
        rows = msgspec.json.decode(path.read_bytes(), type=list[msgspec.Raw])
    except (OSError, msgspec.DecodeError):
        return []
    return [alarm for row in rows if (alarm := _known(row)) is not None]


def _known(row: msgspec.Raw) -> StandingAlarm | None:
    try:
        return msgspec.json.decode(row, type=StandingAlarm)
    except msgspec.DecodeError:
        return None
