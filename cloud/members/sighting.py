"""What one record of the ledger says about who was there. Facts; opened, in memory only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from cloud.members.names import UNKNOWN, Name
from cloud.members.policy import Strength
from models.wire.events.member import Verification
from models.wire.events.sale import Scheme
from models.wire.ids import EventId, SaleId, StoreId, TenantId

Fingerprint = NewType("Fingerprint", bytes)
"""The keyed HMAC of an identifier in its name space; 32 bytes."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One identifier as a record shows it, as far as a decision needs it.

    Attributes:
        name: what the person is called by the same record, ``UNKNOWN`` where it does not say.
    """

    identifier: Fingerprint
    scheme: Scheme
    strength: Strength
    name: Name = UNKNOWN


@dataclass(frozen=True, slots=True, repr=False)
class Sighting:
    """One identifier of a record, with what is needed to keep it.

    Attributes:
        value: in its one spelling; the identifier's own key is obtained by it.
        keeps_name: the name came with this very identifier, and is kept sealed under its key.
    """

    shown: Shown
    namespace: str
    value: str
    verified_by: Verification
    keeps_name: bool

    def __repr__(self) -> str:
        return f"Sighting({self.namespace}, {self.shown.strength})"


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """One ledger entry that names somebody.

    Attributes:
        at_ms: when the person was there: the end of the transaction, or the registration. Never
            later than the cloud received it, since a till's clock may be years ahead.
        sale_id: of the transaction, None for a registration.
        sightings: at least one, without repeats.
    """

    position: int
    tenant: TenantId
    store: StoreId
    event_id: EventId
    digest: bytes
    at_ms: int
    sale_id: SaleId | None
    sightings: tuple[Sighting, ...]

    def __repr__(self) -> str:
        return f"Record({self.position})"
