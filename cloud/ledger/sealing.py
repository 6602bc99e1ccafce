"""Seals what enters the ledger, and turns the vault's troubles into ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from cloud.errors import DatabaseUnavailable, FaultyService
from cloud.ledger.fact import Fact
from models.vault.errors import VaultError
from models.vault.seal import Sealer
from models.wire.errors import BadEvent


class Unsealable(Exception):
    """Some events write a personal member in a way that cannot be sealed in place.

    Attributes:
        bodies: the bytes of those events.
    """

    def __init__(self, bodies: frozenset[bytes]) -> None:
        super().__init__(f"{len(bodies)} events cannot be sealed")
        self.bodies = bodies


def seal(sealer: Sealer, facts: Iterable[Fact]) -> dict[bytes, bytes]:
    """By body, the sealed bodies of those facts that are personal.

    New keys are on the disk before this returns.

    Only what is about to be stored may be sealed: sealing makes the keys it lacks, and a repeat of
    an event whose person was erased must not make them a key again.

    Raises:
        Unsealable: for the events it names, and for no others.
        DatabaseUnavailable: the keyring's file is busy or its disk is full.
        FaultyService: the keyring does not fit its master key.
    """
    events = [fact for fact in facts if fact.spans]
    try:
        return dict(zip([event.body for event in events], sealer.seal(events), strict=True))
    except BadEvent as error:
        raise Unsealable(_offenders(sealer, events)) from error
    except sqlite3.Error as error:
        raise DatabaseUnavailable(
            f"the keyring cannot be written ({error}); see its disk"
        ) from error
    except VaultError as error:
        raise FaultyService(f"the keyring cannot be used: {error}") from error


def bodies_of(sealer: Sealer, facts: Sequence[Fact], ahead: Mapping[bytes, bytes]) -> list[bytes]:
    """The facts' bodies as they are to be stored, in order. Raises as ``seal``.

    ``ahead`` are bodies that were sealed before; the others are sealed now.
    """
    sealed = seal(sealer, (one for one in facts if one.spans and one.body not in ahead))
    return [(sealed.get(one.body) or ahead[one.body]) if one.spans else one.body for one in facts]


def _offenders(sealer: Sealer, events: Sequence[Fact]) -> frozenset[bytes]:
    return frozenset(event.body for event in events if not _can_seal(sealer, event))


def _can_seal(sealer: Sealer, event: Fact) -> bool:
    try:
        sealer.seal([event])
    except BadEvent:
        return False
    return True
