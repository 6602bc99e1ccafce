"""Names new members. Why it is done so: ADR 0006."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final

from models.wire.ids import EventId, OneId, TenantId

NameMember = Callable[[TenantId, EventId, bytes], OneId]
"""Names the member that an event creates, by the event's id and content digest."""

_NAMESPACE: Final = uuid.UUID("0b0a5b7e-3f0d-5c55-9d0e-8a54c1d1f2a6")


def one_id_of(tenant: TenantId, event_id: EventId, digest: bytes) -> OneId:
    """UUIDv5 of the tenant and the event that creates the member.

    Folding the same ledger again names everybody as before. It says nothing of the person, and a
    recycled phone number gives its next owner another id. The digest is part of it because two
    conflicting events may carry one id.
    """
    return OneId(str(uuid.uuid5(_NAMESPACE, f"{tenant}\x1f{event_id}\x1f{digest.hex()}")))
