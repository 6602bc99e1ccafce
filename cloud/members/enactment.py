"""Carries a decision out on the roll, and says in the log what changed."""

from __future__ import annotations

from collections.abc import Iterator

from cloud.members.identity_log import Cause, Change, LogEntry
from cloud.members.naming import NameMember
from cloud.members.policy import Strength
from cloud.members.resolve import Claiming, Conflict, Decision, Outcome
from cloud.members.roll import ClaimState, Key, NewMember, Roll
from cloud.members.sighting import Fingerprint, Record, Sighting
from models.wire.ids import OneId


class Enactment:
    """One record's decision, carried out once."""

    def __init__(
        self, roll: Roll, record: Record, decision: Decision, name_member: NameMember
    ) -> None:
        self._roll = roll
        self._record = record
        self._decision = decision
        self._name_member = name_member
        self._cause = cause_of(record)
        self._sightings = {each.shown.identifier: each for each in record.sightings}

    def run(self) -> tuple[OneId | None, list[LogEntry]]:
        """The record's member, and the log entries in the order of what happened."""
        decision, record = self._decision, self._record
        if decision.outcome is Outcome.NOBODY:
            return None, list(self._conflicts(None))
        log: list[LogEntry] = []
        one_id = decision.one_id
        if one_id is None:
            one_id = self._create()
            log.append(LogEntry(Change.CREATED, self._cause, one_id))
        for claiming in decision.claims:
            log += self._claim(one_id, claiming)
        for shown in decision.seen:
            self._see(one_id, self._sightings[shown.identifier])
        log += self._conflicts(one_id)
        if decision.claims or record.sale_id is None:
            self._roll.touch(one_id, record.position)
        return one_id, log

    def _create(self) -> OneId:
        record = self._record
        one_id = self._name_member(record.tenant, record.event_id, record.digest)
        self._roll.new_members[one_id] = NewMember(
            one_id, record.tenant, record.at_ms, record.position
        )
        return one_id

    def _claim(self, one_id: OneId, claiming: Claiming) -> Iterator[LogEntry]:
        sighting = self._sightings[claiming.shown.identifier]
        identifier = (sighting.namespace, claiming.shown.identifier)
        yield from self._end_others(one_id, claiming, identifier)
        mine = self._roll.claim_of(self._key(claiming.shown.identifier), one_id)
        if mine is not None and mine.strength is Strength.VERIFIED:
            self._see(one_id, sighting)
            return
        if mine is not None and claiming.until_ms is None:
            self._roll.end(mine, self._record)
        claim = self._opened(one_id, claiming, sighting)
        self._roll.enter(claim)
        self._name(claim, sighting, like=mine)
        change = Change.ATTACHED if mine is None else Change.STRENGTHENED
        yield LogEntry(change, self._cause, one_id, identifier=identifier, strength=claim.strength)

    def _end_others(
        self, one_id: OneId, claiming: Claiming, identifier: tuple[str, Fingerprint]
    ) -> Iterator[LogEntry]:
        for other in claiming.ends_for:
            key, record = self._key(identifier[1]), self._record
            for theirs in self._roll.claims_at(key, other, record.at_ms):
                self._roll.end(theirs, record)
                self._roll.touch(other, record.position)
                yield LogEntry(
                    Change.REASSIGNED, self._cause, one_id, other, claiming.reason, identifier
                )

    def _opened(self, one_id: OneId, claiming: Claiming, sighting: Sighting) -> ClaimState:
        record = self._record
        return ClaimState(
            tenant=record.tenant,
            fingerprint=claiming.shown.identifier,
            position=record.position,
            one_id=one_id,
            event_id=record.event_id,
            scheme=claiming.shown.scheme,
            strength=claiming.shown.strength,
            verified_by=sighting.verified_by,
            valid_from_ms=record.at_ms,
            last_seen_ms=record.at_ms,
            valid_to_ms=claiming.until_ms,
            ended_position=record.position if claiming.until_ms is not None else None,
        )

    def _see(self, one_id: OneId, sighting: Sighting) -> None:
        """Note a repeated sighting. Only one as strong as the claim can prove it older."""
        claim = self._roll.claim_of(self._key(sighting.shown.identifier), one_id)
        if claim is None:
            return  # a claim that ended since: the sale is of its days
        at_ms, shown = self._record.at_ms, sighting.shown
        if at_ms > claim.last_seen_ms:
            claim.last_seen_ms, claim.changed = at_ms, True
        as_strong = shown.strength is claim.strength
        if at_ms < claim.valid_from_ms and as_strong:
            claim.valid_from_ms, claim.changed = at_ms, True
        self._name(claim, sighting)

    def _name(self, claim: ClaimState, sighting: Sighting, like: ClaimState | None = None) -> None:
        """Keep the better name, a complete one or else the newest; see also ``Roll.name_of``.

        A stronger claim takes over what the weaker one, ``like``, was called.
        """
        if like is not None and (like.sealed_name or like.new_name):
            claim.sealed_name, claim.named_at_ms = like.sealed_name, like.named_at_ms
            claim.new_name = like.new_name
        name, at_ms = sighting.shown.name, self._record.at_ms
        if not (name and sighting.keeps_name and self._decision.named):
            return
        kept = self._roll.read_name(claim)
        if (name.complete, at_ms) < (kept.complete, claim.named_at_ms or 0):
            return
        if kept != name:
            claim.new_name = (name, sighting)
            self._roll.touch(claim.one_id, self._record.position)
        claim.named_at_ms, claim.changed = at_ms, True

    def _conflicts(self, one_id: OneId | None) -> Iterator[LogEntry]:
        for conflict in self._decision.conflicts:
            about = one_id or conflict.holder
            if about is not None:
                yield self._conflict(about, conflict)

    def _conflict(self, about: OneId, conflict: Conflict) -> LogEntry:
        sighting = self._sightings[conflict.identifier]
        return LogEntry(
            Change.CONFLICT,
            self._cause,
            about,
            conflict.holder,
            conflict.reason,
            (sighting.namespace, conflict.identifier),
            sighting.shown.strength,
        )

    def _key(self, identifier: Fingerprint) -> Key:
        return self._record.tenant, identifier


def cause_of(record: Record) -> Cause:
    """The record as the cause of log entries."""
    return Cause(
        record.position, record.tenant, record.store, record.event_id, record.at_ms, record.sale_id
    )
