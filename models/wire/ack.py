"""What the cloud answers, after the ledger's commit and never before.

An acknowledgement names ranges: fresh events sent ahead of a backlog are settled above the
watermark at once. A welcome answers a birth with all the ledger has settled for the device's
epochs, so that a restored disk or a restored cloud is noticed before anything is sent.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from models.wire.errors import DECODE_FAULTS, WireError, describe
from models.wire.ids import DevicePath
from models.wire.ranges import Range


class Reason(StrEnum):
    """Why an event or a batch was not accepted. Stable words: programs branch on them."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNKNOWN_TYPE = "unknown_type"
    SOURCE_MISMATCH = "source_mismatch"
    SEQUENCE_MISMATCH = "sequence_mismatch"
    ID_MISMATCH = "id_mismatch"
    UNREADABLE_BODY = "unreadable_body"


class Rejection(msgspec.Struct, frozen=True):
    """One event that can never be accepted. It is settled: it lies in the cloud's dead letters."""

    sequence: int
    reason: str


class Refusal(msgspec.Struct, frozen=True):
    """A batch whose header read but whose body did not. Not settled: the sender bisects it."""

    first: int
    count: int
    reason: str


class Ack(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ack", omit_defaults=True
):
    """What became of a stream's events.

    Attributes:
        ledger: the ledger's generation; another one means the cloud was restored from a backup.
        settled: ranges that need not be sent again, whatever became of them.
        rehome: set when the device must continue under a fresh epoch, with the reason.
    """

    ledger: str
    epoch: str
    stream: str
    settled: list[Range] = []
    rejected: list[Rejection] = []
    refused: list[Refusal] = []
    rehome: str | None = None
    v: int = 1


class EpochSettled(msgspec.Struct, frozen=True):
    """What is settled of one epoch, per stream: all that the ledger has, or what is asked about."""

    epoch: str
    streams: dict[str, list[Range]]


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="welcome"):
    """The answer to a birth.

    Attributes:
        birth: the id of the birth that is answered; answers to older births are ignored.
        cards: the head of the shop's card feed; the tablet fetches what it lacks.
        now: when the cloud received the birth, RFC 3339 in UTC; empty where it does not say. A
            device without a clock of its own lives by it.
        rival: another box was born under this device's name since this one was born last.
        forked: epochs under which another copy of this outbox was born: what is settled there says
            nothing of the events of this one, which goes on under a fresh epoch.
        missing: what the birth says was acknowledged and the ledger has no word of. It was put back
            from a backup: what is still kept of it is owed again.
        operator_key: the tenant's key of the cashiers' pseudonyms, sealed to the ``seal_to`` of the
            birth (``models.vault.exchange``) for ``operator_key_place``; empty where none was
            asked for.
    """

    ledger: str
    birth: str
    epochs: list[EpochSettled]
    cards: int = 0
    now: str = ""
    rival: bool = False
    forked: list[str] = []
    missing: list[EpochSettled] = []
    operator_key: str = ""
    v: int = 1

    @property
    def moment(self) -> datetime | None:
        """``now`` as an aware moment; None where it is missing or cannot be read."""
        try:
            moment = datetime.fromisoformat(self.now)
        except ValueError:
            return None
        return moment if moment.tzinfo else None


def operator_key_place(device: DevicePath, birth: str) -> str:
    """What a delivered key is bound to: one birth of one device in its store and tenant."""
    return f"operator key of {device.prefix} for birth {birth}"


_DECODER: Final[msgspec.json.Decoder[Ack | Welcome]] = msgspec.json.Decoder(Ack | Welcome)


def decode_answer(payload: bytes) -> Ack | Welcome:
    """Read what arrived on ``down/ack``; raises WireError."""
    try:
        return _DECODER.decode(payload)
    except DECODE_FAULTS as error:
        raise WireError(f"not an acknowledgement: {describe(error)}") from error
