"""What ``/v1/capture/quarantine`` answers: records that the shops could not read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from cloud.capture import Quarantined
from models.wire.events.capture import ReleasedHow


class RecordPiece(BaseModel):
    """A piece of a record beside what was read of it, masked by shape in the shop."""

    model_config = ConfigDict(from_attributes=True)

    raw: str
    read: str
    fault: str = Field(description="why reading stopped here; empty but for the piece at fault")


class QuarantinedRecord(BaseModel):
    """A record that a shop could not read."""

    model_config = ConfigDict(from_attributes=True)

    store: str
    device: str
    name: str = Field(description="for `lianke-agent quarantine show|retry|drop` on the device")
    quarantined_at: datetime
    source: str = Field(
        description="as configured; `[till]` for the till's folder, which `devices` leaves unnamed"
    )
    adapter: str
    profile: str
    profile_version: int
    file: str
    record: int = Field(description="its number in the file, from 1; 0 for a whole file or a rest")
    key: str
    reason: str
    size_bytes: int
    pieces: list[RecordPiece]
    pieces_left_out: int
    released_at: datetime | None
    how: ReleasedHow | None = Field(description="how it left the quarantine; null while there")


class QuarantineList(BaseModel):
    """Records in quarantine."""

    items: list[QuarantinedRecord]

    @classmethod
    def of(cls, known: Iterable[Quarantined]) -> Self:
        """From what is known."""
        return cls(items=[QuarantinedRecord.model_validate(record) for record in known])
