"""Decides from signs which alarms begin, go on and end. Pure.

A sign of a *state* names everything of which it holds; what it no longer names is over. A sign of
*occurrences* names only what has happened since the newest evidence that some alarm has in it, so
nothing that happened is told twice, however often somebody looks and whoever acknowledged it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cloud.ingest.alarms.vocabulary import AlarmKind, Ending
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId

Facts = Mapping[str, str | int]
"""Words and numbers that an alarm's sentence names; nothing personal."""

SEEN_EVERY_MS: Final = 60_000
"""An alarm that merely goes on is written down this often."""

_ADDED: Final = frozenset({"events", "letters"})
_JOINED: Final = frozenset({"streams", "reasons"})


@dataclass(frozen=True, slots=True)
class Place:
    """Whose an alarm is; nobody's in particular by default."""

    tenant: TenantId | None = None
    store: StoreId | None = None
    device: DeviceId | None = None

    @classmethod
    def of(cls, path: DevicePath) -> Place:
        """The place of a device."""
        return cls(path.tenant, path.store, path.device)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A reason for an alarm.

    Attributes:
        about: what it concerns: a device's or a worker's name, empty for the service as a whole.
        mark: of an occurrence, its newest evidence; grows over all of one kind.
        times: how often it has happened.
    """

    about: str = ""
    place: Place = field(default_factory=Place)
    facts: Facts = field(default_factory=dict)
    mark: int = 0
    times: int = 1


@dataclass(frozen=True, slots=True)
class Sign:
    """What a look says about one kind of alarm.

    Attributes:
        unclear: of a state, what this look cannot judge; it stays as it is.
        gone: of occurrences, what has been put right without anybody's word.
    """

    kind: AlarmKind
    standing: Sequence[Trouble] = ()
    unclear: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that is not over, as far as it matters here."""

    id: int
    kind: AlarmKind
    about: str
    times: int
    seen_ms: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Begin:
    """Raise an alarm."""

    kind: AlarmKind
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class GoOn:
    """An alarm goes on, or it has happened again."""

    id: int
    facts: Facts
    times: int
    mark: int


@dataclass(frozen=True, slots=True)
class End:
    """An alarm is over."""

    id: int


Change = Begin | GoOn | End


def decide(
    signs: Iterable[Sign],
    standing: Sequence[Standing],
    marks: Mapping[AlarmKind, int],
    endings: Mapping[AlarmKind, Ending],
    now_ms: int,
) -> list[Change]:
    """What the signs change. ``marks``: per kind, the newest evidence that any alarm has in it."""
    changes: list[Change] = []
    for sign in signs:
        mine = {each.about: each for each in standing if each.kind is sign.kind}
        if endings[sign.kind] is Ending.RULE:
            changes += _of_state(sign, mine, now_ms)
        else:
            changes += _of_occurrences(sign, mine, marks.get(sign.kind, 0))
    return changes


def _of_state(sign: Sign, mine: Mapping[str, Standing], now_ms: int) -> Iterator[Change]:
    found = {trouble.about: trouble for trouble in sign.standing}
    for about, trouble in found.items():
        known = mine.get(about)
        if known is None:
            yield Begin(sign.kind, trouble)
        elif known.facts != trouble.facts or now_ms - known.seen_ms >= SEEN_EVERY_MS:
            yield GoOn(known.id, trouble.facts, known.times, 0)
    for about in mine.keys() - found.keys() - sign.unclear:
        yield End(mine[about].id)


def _of_occurrences(sign: Sign, mine: Mapping[str, Standing], mark: int) -> Iterator[Change]:
    new = {trouble.about: trouble for trouble in sign.standing if trouble.mark > mark}
    for about, trouble in new.items():
        known = mine.get(about)
        if known is None:
            yield Begin(sign.kind, trouble)
        else:
            facts = merged(known.facts, trouble.facts)
            yield GoOn(known.id, facts, known.times + trouble.times, trouble.mark)
    for about in (mine.keys() & sign.gone) - new.keys():
        yield End(mine[about].id)


def merged(before: Facts, now: Facts) -> Facts:
    """The facts of an alarm that has happened again: counts add up, lists join, words change."""
    return {key: _merged(key, before.get(key), value) for key, value in now.items()}


def _merged(key: str, before: str | int | None, now: str | int) -> str | int:
    if before is None or isinstance(before, str) != isinstance(now, str):
        return now
    if key in _ADDED and isinstance(before, int) and isinstance(now, int):
        return before + now
    if key in _JOINED and isinstance(before, str) and isinstance(now, str):
        return ", ".join(sorted({*before.split(", "), *now.split(", ")}))
    return now
