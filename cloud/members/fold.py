"""The second fold: every record that names somebody finds its member, and its sale learns of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete

from cloud.ledger.entry import LedgerEntry
from cloud.members.enactment import Enactment
from cloud.members.identity_log import LogEntry, append
from cloud.members.linking import link_sales
from cloud.members.naming import NameMember, one_id_of
from cloud.members.policy import IdentityPolicy
from cloud.members.records import RecordReader
from cloud.members.resolve import decide
from cloud.members.roll import Roll
from cloud.members.roll_loading import load_roll
from cloud.members.roll_saving import save_evidence, save_records, save_roll
from cloud.members.sealing import PersonalSeals
from cloud.members.sighting import Record
from cloud.members.tables import CLAIM, EVIDENCE, IDENTIFIER, MEMBER, SOURCE_RECORD
from models.vault.keyring import Keyring
from models.wire.ids import OneId


class MembersFold:
    """Unifies members online. Runs after the sales fold, in its transaction."""

    name = "members"

    def __init__(
        self,
        keyring: Keyring,
        policy: IdentityPolicy | None = None,
        name_member: NameMember = one_id_of,
    ) -> None:
        self._seals = PersonalSeals(keyring)
        self._policy = policy or IdentityPolicy()
        self._reader = RecordReader(self._seals, self._policy)
        self._name_member = name_member

    def apply(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Attribute the entries' records in ledger order, then link the sales to their members."""
        records = list(self._reader.read(entries))
        roll, log = load_roll(connection, self._seals, records)
        new = [record for record in records if record.position not in roll.attributed]
        for record in new:
            one_id, done = self._attribute(roll, record)
            roll.attributed[record.position] = one_id
            log += done
        link_sales(connection, roll, entries)
        save_roll(connection, roll)
        save_records(connection, [(each, roll.attributed[each.position]) for each in new])
        save_evidence(connection, new, self._policy.version)
        append(connection, log, self._policy.version)

    def clear(self, connection: Connection) -> None:
        """Forget every member, to fold the ledger anew. The identity log stays."""
        for table in (EVIDENCE, SOURCE_RECORD, CLAIM, IDENTIFIER, MEMBER):
            connection.execute(delete(table))

    def _attribute(self, roll: Roll, record: Record) -> tuple[OneId | None, list[LogEntry]]:
        decision = decide(
            [each.shown for each in record.sightings],
            roll.held(record),
            roll.holdings(record),
            record.at_ms,
            self._policy,
        )
        return Enactment(roll, record, decision, self._name_member).run()
