"""A ledger of a few entries and the folds behind it, without journal, broker or device.

    shop = LittleLedger(tmp_path)
    shop.sale(a_sale(1, phone=PHONE))
    shop.fold()
    shop.members()          # who there is, in words that can be compared

Events are sealed as the journal seals them; time stands where the test puts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Table, delete, select
from sqlmodel import SQLModel

from cloud.cards import CardFeed, CardsFold
from cloud.footfall import FootfallFold
from cloud.ledger.entry import LedgerEntry
from cloud.ledger.projection import Fold
from cloud.members import Directory, IdentityPolicy, MembersFold
from cloud.sales import Figures, SalesFold
from cloud.storage import read, write
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer, Unsealed
from models.wire.cards import Card
from models.wire.digest import content_digest
from models.wire.envelope import Moment, compose
from models.wire.events.footfall import FootfallCounted
from models.wire.events.footfall_audit import FootfallAudited
from models.wire.events.member import Identifier, MemberRegistered, Person, Verification
from models.wire.events.sale import SaleRecorded, Scheme
from models.wire.ids import (
    DevicePath,
    EventId,
    OneId,
    SaleId,
    StoreId,
    keyed_event_id,
    sale_id,
    uuid7,
)
from models.wire.personal import personal_spans
from models.wire.registry import (
    FOOTFALL_AUDITED,
    FOOTFALL_COUNTED,
    MEMBER_REGISTERED,
    SALE_RECORDED,
    EventData,
    EventType,
)
from tests.simulators.databases import Databases, SqliteDatabases
from tests.simulators.facts import NOON, SHOP

TENANT = SHOP.tenant
STORE = SHOP.store
TABLES = ("sale", "member", "identifier", "claim", "source_record", "evidence", "card", "card_feed")
BESIDE = (
    "sale_source",
    "identity_event",
    "card_shop",
    "card_progress",
    "footfall_line",
    "footfall_zone",
    "footfall_heat",
    "footfall_part",
    "footfall_audit",
    "footfall_replaced",
)


@dataclass(frozen=True, slots=True)
class WhoIs:
    """A member without their name of ours: what any order of arrival must agree on."""

    known_by: frozenset[tuple[str, str]]
    family_name: str
    visits: int
    spend: tuple[tuple[str, int], ...]
    sales: frozenset[SaleId]


class LittleLedger:
    """Entries in memory, projections in a database: on SQLite where nothing else is said.

    Attributes:
        entries: what ``fold`` folds, in order; a test may shuffle them.
        received_at: when the cloud received the next entry; grows by a second with each.
    """

    def __init__(
        self,
        folder: Path,
        databases: Databases | None = None,
        policy: IdentityPolicy | None = None,
    ) -> None:
        policy = policy or IdentityPolicy()
        master = MasterKey(b"m" * 32)
        folder.mkdir(parents=True, exist_ok=True)
        self.begin_anew()
        self._databases = databases or SqliteDatabases(hasty=True)
        self.engine = self._databases.open(folder)
        self.keyring = Keyring(folder / "keys" / "keyring.db", master)
        self.sealer = Sealer(self.keyring)
        blobs = BlobSealer(master, "cards")
        self.cards_fold = CardsFold(self.keyring, blobs)
        self.folds: list[Fold] = [
            SalesFold(),
            FootfallFold(),
            MembersFold(self.keyring, policy),
            self.cards_fold,
        ]
        self.feed = CardFeed(self.engine, self.keyring, blobs)
        self.directory = Directory(self.engine, self.keyring, policy)
        self.figures = Figures(self.engine)

    def close(self) -> None:
        """Close both files."""
        self.engine.dispose()
        self.keyring.close()

    def at_rest(self) -> bytes:
        """The projections as a thief would find them."""
        return self._databases.at_rest(self.engine)

    def begin_anew(self) -> None:
        """Forget the entries, for the next example of a property; see ``wipe``."""
        self.received_at = NOON + timedelta(days=1)
        self.entries: list[LedgerEntry] = []
        self._folded = 0

    def wipe(self) -> None:
        """Empty every table as well, which is faster than another database."""
        self.begin_anew()
        with write(self.engine) as connection:
            for name in (*reversed(TABLES), *BESIDE):
                connection.execute(delete(_table(name)))

    def sale(
        self, sale: SaleRecorded, at: datetime | None = None, device: DevicePath = SHOP
    ) -> SaleId:
        """Record a transaction; returns its id. ``at`` is when it was captured."""
        event_id = keyed_event_id(device.tenant, sale.natural_key, sale.revision)
        moment = at or self.received_at
        self._append(
            SALE_RECORDED,
            event_id=event_id,
            data=sale,
            at=moment,
            device=device,
            natural_key=sale.natural_key,
        )
        return sale_id(device.tenant, sale.natural_key)

    def count(self, *counted: FootfallCounted, device: DevicePath = SHOP) -> None:
        """Record what a camera counted."""
        for each in counted:
            self._append(
                FOOTFALL_COUNTED,
                event_id=uuid7(2, len(self.entries).to_bytes(10, "big")),
                data=each,
                at=self.received_at,
                device=device,
                natural_key=None,
            )

    def audit(self, *audited: FootfallAudited, device: DevicePath = SHOP) -> None:
        """Record how right a camera was found to be."""
        for each in audited:
            self._append(
                FOOTFALL_AUDITED,
                event_id=uuid7(3, len(self.entries).to_bytes(10, "big")),
                data=each,
                at=self.received_at,
                device=device,
                natural_key=None,
            )

    def register(
        self,
        *identifiers: Identifier,
        family_name: str = "",
        given_name: str = "",
        at: datetime | None = None,
        device: DevicePath = SHOP,
    ) -> EventId:
        """Record a registration; returns its event's id."""
        person = Person(family_name=family_name, given_name=given_name)
        data = MemberRegistered(identifiers=list(identifiers), person=person)
        event_id = uuid7(1, len(self.entries).to_bytes(10, "big"))
        self._append(
            MEMBER_REGISTERED,
            event_id=event_id,
            data=data,
            at=at or self.received_at,
            device=device,
            natural_key=None,
        )
        return event_id

    def fold(self, batch: int = 500, entries: Sequence[LedgerEntry] | None = None) -> None:
        """Fold the entries not folded yet (or those given), so many in one transaction."""
        todo = list(entries) if entries is not None else self.entries[self._folded :]
        for start in range(0, len(todo), batch):
            with write(self.engine) as connection:
                for fold in self.folds:
                    fold.apply(connection, todo[start : start + batch])
        self._folded = len(self.entries)

    def clear(self) -> None:
        """What a follower does before it begins again from position 0."""
        with write(self.engine) as connection:
            for fold in reversed(self.folds):
                fold.clear(connection)
        self._folded = 0

    def reordered(self, order: Sequence[int]) -> None:
        """Let the same entries have arrived in another order."""
        positions = [entry.position for entry in self.entries]
        moved = [self.entries[index] for index in order]
        self.entries = [
            _at(entry, position) for entry, position in zip(moved, positions, strict=True)
        ]

    def one_ids(self) -> list[OneId]:
        """Every member."""
        return [OneId(str(row[0])) for row in self.rows("member", "one_id")]

    def card_of(self, phone: str) -> Card:
        """The card of the one member who holds a phone."""
        (holder,) = self.directory.find_by_phone(TENANT, phone)
        card = self.feed.card(TENANT, holder.one_id)
        assert card is not None
        return card

    def members(self) -> set[WhoIs]:
        """Everybody, up to the naming of their ``one_id``."""
        return {self._who_is(one_id) for one_id in self.one_ids()}

    def rows(self, table: str, *columns: str) -> list[tuple[object, ...]]:
        """Rows of a table, sorted; all columns where none is named."""
        of = _table(table)
        wanted = [of.c[name] for name in columns] or list(of.c)
        with read(self.engine) as connection:
            found = [tuple(row) for row in connection.execute(select(*wanted))]
        return sorted(found, key=repr)

    def _who_is(self, one_id: OneId) -> WhoIs:
        golden = self.directory.golden(TENANT, one_id)
        card = self.feed.card(TENANT, one_id)
        assert golden is not None
        sales = [row for row in self.rows("sale", "sale_id", "one_id") if row[1] == one_id]
        return WhoIs(
            known_by=frozenset((each.namespace, each.value) for each in golden.known_by),
            family_name=golden.name.family,
            visits=card.visits if card else 0,
            spend=tuple((each.currency, each.amount_minor) for each in card.spend) if card else (),
            sales=frozenset(SaleId(str(row[0])) for row in sales),
        )

    def _append(
        self,
        kind: EventType,
        *,
        event_id: EventId,
        data: EventData,
        at: datetime,
        device: DevicePath,
        natural_key: str | None,
    ) -> None:
        moment = Moment(at, 1000, "boot-1")
        raw = msgspec.json.encode(data)
        plain = compose(device=device, event_id=event_id, kind=kind, data=data, at=moment)
        (body,) = self.sealer.seal([Unsealed(event_id, plain, personal_spans(kind, raw))])
        entry = LedgerEntry(
            position=len(self.entries) + 1,
            tenant=device.tenant,
            store=device.store,
            device=device.device,
            event_id=event_id,
            kind=kind,
            natural_key=natural_key,
            digest=content_digest(raw),
            supersedes=None,
            conflict=False,
            time=at,
            received_at=self.received_at,
            historical=False,
            body=body,
        )
        self.entries.append(entry)
        self.received_at += timedelta(seconds=1)


def entry_of_sale(sale: SaleRecorded, device: DevicePath = SHOP) -> LedgerEntry:
    """The ledger's entry of a sale by itself, for what asks nothing of its bytes."""
    raw = msgspec.json.encode(sale)
    return LedgerEntry(
        position=1,
        tenant=device.tenant,
        store=device.store,
        device=device.device,
        event_id=keyed_event_id(device.tenant, sale.natural_key, sale.revision),
        kind=SALE_RECORDED,
        natural_key=sale.natural_key,
        digest=content_digest(raw),
        supersedes=None,
        conflict=False,
        time=NOON,
        received_at=NOON,
        historical=False,
        body=raw,
    )


def phone(value: str, verified: bool = False) -> Identifier:
    """A phone as a registration names it."""
    means = Verification.SMS_CODE if verified else Verification.ASSERTED
    return Identifier(scheme=Scheme.PHONE, value=value, verified_by=means)


def card(value: str, seen: bool = False) -> Identifier:
    """A card of programme ``house`` as a registration names it."""
    means = Verification.CARD_SEEN if seen else Verification.ASSERTED
    return Identifier(scheme=Scheme.CARD, value=value, programme="house", verified_by=means)


def at_store(store: str) -> DevicePath:
    """The till of another shop."""
    return DevicePath(TENANT, StoreId(store), SHOP.device)


def _at(entry: LedgerEntry, position: int) -> LedgerEntry:
    fields = {name: getattr(entry, name) for name in LedgerEntry.__slots__}
    return LedgerEntry(**fields | {"position": position})


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]
