"""An alarm in words, for the command line, the API and the console."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from string import Formatter
from typing import Any, Final

from cloud.ingest.alarms.rows import AlarmState, CloudAlarm
from cloud.ingest.alarms.vocabulary import Severity, Wording, read_vocabulary

_SHORT: Final = 12
_OUR_WORDS: Final = frozenset({"streams", "reasons", "reason", "quality"})
_NAMED: Final = "source"
"""A name of the shop's own, or our word for the one source that has none; never in part ours."""

_WORD: Final = re.compile(r"[a-z_]+")


class _Tolerant(Formatter):
    """A fact that an older version has not written is shown as missing."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return (
            kwargs.get(key, "–") if isinstance(key, str) else super().get_value(key, args, kwargs)
        )


def detail(alarm: CloudAlarm, wording: Wording, say: Callable[[str], str] = str) -> str:
    """The alarm's facts in a sentence; ``say`` translates our own words within them."""
    facts = {key: _said(key, value, say) for key, value in alarm.facts.items()}
    return _Tolerant().format(wording.detail, **{"times": alarm.times, **facts})


def text_of(alarms: Sequence[CloudAlarm]) -> str:
    """All of them for a terminal, in English; a line says so where there are none."""
    vocabulary = read_vocabulary()
    return "\n".join(_lines(alarm, vocabulary[alarm.kind].en) for alarm in alarms) or "no alarms"


def _lines(alarm: CloudAlarm, words: Wording) -> str:
    grave = "URGENT" if alarm.severity is Severity.URGENT else "warning"
    times = f", {alarm.times} times" if alarm.times > 1 else ""
    where = ", ".join(filter(None, (alarm.store, alarm.about))) or "the service"
    return (
        f"{alarm.id:5} {grave} {alarm.kind} {where}, since {_moment(alarm.since)}{times}"
        f"{_seen(alarm)}\n      {words.what}. {detail(alarm, words)}\n      {words.next}"
    )


def _seen(alarm: CloudAlarm) -> str:
    if alarm.state is AlarmState.OVER and alarm.over_at is not None:
        return f", over since {_moment(alarm.over_at)}"
    if alarm.acknowledged_at is not None:
        return f", acknowledged by {alarm.acknowledged_by} {_moment(alarm.acknowledged_at)}"
    return ""


def _said(key: str, value: str | int, say: Callable[[str], str]) -> str | int:
    if isinstance(value, str) and key == _NAMED:
        return say(value)
    if isinstance(value, str) and key in _OUR_WORDS:
        return _WORD.sub(lambda found: say(found[0]), value)
    return _short(value)


def _short(value: str | int) -> str | int:
    """Ids are random: their first digits tell them apart, the rest only makes a line long."""
    is_id = isinstance(value, str) and len(value) == 32 and value.isalnum()  # noqa: PLR2004 - hex
    return value[:_SHORT] if is_id and isinstance(value, str) else value


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"
