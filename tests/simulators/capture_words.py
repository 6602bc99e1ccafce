"""What shops say of their capture, for tests: records set aside, sources, books of tills."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from models.wire.birth import Birth
from models.wire.events.capture import (
    TILL_FOLDER,
    Piece,
    RecordQuarantined,
    RecordReleased,
    ReleasedHow,
)
from models.wire.events.device import Heartbeat, SourceState, WorkstationState
from models.wire.events.sale import Flag, SaleRecorded
from models.wire.ids import DevicePath
from tests.simulators.facts import NOON, SHOP, with_revision
from tests.simulators.whole_cloud import WholeCloud


def set_aside(
    name: str = "5f0c", *, hours: int = 0, reason: str = "no total", raw: str = "<Total>Xx</Total>"
) -> RecordQuarantined:
    """A record that could not be read: two pieces, the second at fault."""
    return RecordQuarantined(
        name=name,
        quarantined_at=NOON + timedelta(hours=hours),
        reason=reason,
        size_bytes=1834,
        source=TILL_FOLDER,
        adapter="poslog",
        profile="standard",
        profile_version=3,
        file="XXX_99999999.xml",
        record=7,
        pieces=[
            Piece(raw="<SequenceNumber>0042</SequenceNumber>", read="sequence_number = 0042"),
            Piece(raw=raw, fault=reason),
        ],
        pieces_left_out=12,
    )


def released(
    name: str = "5f0c", *, hours: int = 0, how: ReleasedHow = ReleasedHow.RETRIED
) -> RecordReleased:
    """The end of that record's stay, an hour after it began."""
    began = NOON + timedelta(hours=hours)
    return RecordReleased(
        name=name, quarantined_at=began, released_at=began + timedelta(hours=1), how=how
    )


def flagged(sale: SaleRecorded, *flags: Flag) -> SaleRecorded:
    """The sale as a shop marked it."""
    capture = msgspec.structs.replace(sale.capture, flags=list(flags))
    return with_revision(msgspec.structs.replace(sale, capture=capture))


def a_source(name: str = "", *, unbalanced: int = 0, judged: int = 100) -> SourceState:
    """A source that is ready."""
    return SourceState(
        name=name,
        kind="folder",
        state="ready",
        captured=220,
        judged=judged,
        unbalanced=unbalanced,
        last_at="2026-11-22T03:59:30Z",
    )


def a_till(*, gaps: int = 0, repeats: int = 0) -> WorkstationState:
    """What the shop's books find wrong with till 1."""
    return WorkstationState(
        business_unit="sh-0001",
        workstation_id="1",
        gaps=gaps,
        repeats=repeats,
        since="2026-11-21",
    )


def speak(
    cloud: WholeCloud,
    *sources: SourceState,
    tills: tuple[WorkstationState, ...] = (),
    device: DevicePath = SHOP,
) -> None:
    """The device is there and says so much of its sources and tills."""
    said = Birth(birth="b1", bootid="boot", agent_version="1", started_at="one", epochs=[])
    cloud.registry.born(device, said, cloud.clock.now())
    beat = Heartbeat(uptime_s=1, streams=[], sources=list(sources), workstations=list(tills))
    cloud.beat(beat, device=device)
