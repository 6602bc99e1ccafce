"""What the broker's program writes to stderr, as events of our own log.

The server never logs payloads (its tracing stays off). Lines hold addresses, client ids and
subjects, in part typed by strangers: they are cut short and lose every unprintable character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from cloud.broker.nats_config import PROBE_USER

_LINE = re.compile(r"\[\d+\] \[(?P<level>[A-Z]{3})\] (?P<text>.*)")
_LONGEST = 400


class Level(StrEnum):
    """The server's own levels, and ``plain`` for what it prints before it has a log."""

    DEBUG = "DBG"
    INFO = "INF"
    WARNING = "WRN"
    ERROR = "ERR"
    FATAL = "FTL"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the server's log."""

    level: Level
    text: str

    @property
    def says_why(self) -> bool:
        """Whether it may explain the server's end."""
        return self.level in (Level.FATAL, Level.PLAIN)


def read_line(raw: str) -> Line:
    """Parse one line; one of another form is ``plain``."""
    match = _LINE.match(raw)
    if match is None or match["level"] not in set(Level):
        return Line(Level.PLAIN, _printable(raw))
    text = _printable(match["text"])
    if f'"{PROBE_USER}"' in text:  # it knocks until a reload is through: no news
        return Line(Level.DEBUG, text)
    return Line(Level(match["level"]), text)


def _printable(text: str) -> str:
    clean = "".join(character for character in text.strip() if character.isprintable())
    return clean if len(clean) <= _LONGEST else clean[:_LONGEST] + "…"
