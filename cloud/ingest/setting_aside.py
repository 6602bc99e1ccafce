"""Reads payloads; one that makes this program fail is set aside: then only its header counts.

Its sender then halves it, until the events that do no harm are through.
"""

from __future__ import annotations

from cloud.ingest.edge import Mishap, attempt
from cloud.ingest.tally import Tally
from cloud.ledger.arrival import Arrival
from cloud.ledger.reading import Reading, Unreadable, distrust, read_arrival
from models.runtime.logs import get_logger

log = get_logger(__name__)


def read(arrival: Arrival, tally: Tally) -> Reading:
    """Read a payload; one that makes the reading fail is set aside as a whole."""
    reading = attempt(lambda: read_arrival(arrival))
    return set_aside(arrival, reading, tally) if isinstance(reading, Mishap) else reading


def set_aside(arrival: Arrival, mishap: Mishap, tally: Tally) -> Reading:
    """What is left of a payload that has met a mishap; it is reported and counted."""
    detail = _reported(arrival, mishap, tally)
    aside = attempt(lambda: distrust(arrival, detail))
    return Unreadable(arrival, detail) if isinstance(aside, Mishap) else aside


def unusable(arrival: Arrival, mishap: Mishap, tally: Tally) -> Unreadable:
    """What is left of a payload whose header, too, made the ledger fail: a dead letter, no answer.

    So nothing that a device writes into a header can hold up its neighbours.
    """
    return Unreadable(arrival, _reported(arrival, mishap, tally))


def _reported(arrival: Arrival, mishap: Mishap, tally: Tally) -> str:
    tally.mishaps += 1
    size = len(arrival.payload)
    log.error("message_set_aside", topic=arrival.topic, error=mishap.name, bytes=size)
    return f"it made ingest fail with {mishap.name}; report this as a bug"
