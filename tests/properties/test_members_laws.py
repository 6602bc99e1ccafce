"""Laws of the three folds: order, batches, repetition and rebuild."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.members import IdentityPolicy
from models.wire.events.sale import Link, LinkReason, Loyalty, SaleRecorded, Scheme, Status
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, a_sale, with_revision
from tests.simulators.little_ledger import TENANT, LittleLedger, card, phone

FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
POLICY = IdentityPolicy(most_per_member=2, most_holders=2)
PHONES = [f"+8613976215{n}37" for n in range(4)]
CARDS = [f"88{n}2" for n in range(4)]
NAMES = ["", "王", "李", "欧阳"]


Ledgers = tuple[LittleLedger, ...]


@dataclass(frozen=True)
class Act:
    """Something that happens at a till or a tablet.

    Attributes:
        who: whose phone and card; ``borrowed`` takes the card of the next person instead.
        revises: the transaction comes again later, with another total.
        corrects: and with the next person's phone.
        voided_later: a post-void takes it back.
    """

    who: int
    shows_phone: bool = True
    shows_card: bool = False
    borrowed: bool = False
    named: int = 0
    registers: bool = False
    status: Status = Status.COMPLETED
    revises: bool = False
    corrects: bool = False
    voided_later: bool = False


KEPT = {
    "sale": ("sale_id", "position", "standing", "total_minor", "one_id"),
    "member": ("one_id", "created_at_ms", "created_position"),
    "identifier": ("tenant", "fingerprint", "namespace", "position"),
    "claim": (
        *("fingerprint", "position", "one_id", "strength", "valid_from_ms", "valid_to_ms"),
        *("last_seen_ms", "named_at_ms", "ended_position"),
    ),
    "source_record": (),
    "evidence": (),
    "card": ("one_id", "digest"),
    "card_feed": ("store", "one_id", "tombstone"),
    "identity_event": ("digest", "position", "at_ms"),
}
STATUSES = st.sampled_from(
    [Status.COMPLETED, Status.COMPLETED, Status.OFFLINE, Status.VOIDED, Status.TRAINING]
)
ANYTHING = st.builds(
    Act,
    who=st.integers(0, 3),
    shows_phone=st.booleans(),
    shows_card=st.booleans(),
    borrowed=st.booleans(),
    named=st.integers(0, 3),
    registers=st.booleans(),
    status=STATUSES,
    revises=st.booleans(),
    corrects=st.booleans(),
    voided_later=st.booleans(),
)
# Everybody always shows their phone, sometimes says their own name, and borrows no card: nothing
# ever conflicts.
PEACEFUL = st.builds(
    lambda says_name, who, **act: Act(who=who, named=who if says_name else 0, **act),
    says_name=st.booleans(),
    who=st.integers(0, 3),
    shows_card=st.booleans(),
    registers=st.booleans(),
    status=STATUSES,
    revises=st.booleans(),
    voided_later=st.booleans(),
)


@pytest.fixture(scope="module")
def ledgers(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledgers]:
    """Two ledgers for all examples: making a database takes longer than folding one."""
    both = tuple(
        LittleLedger(tmp_path_factory.mktemp(f"laws-{n}"), databases, POLICY) for n in range(2)
    )
    yield both
    for ledger in both:
        ledger.close()


def played(ledger: LittleLedger, acts: Sequence[Act]) -> LittleLedger:
    """The ledger with nothing in it but these acts, not folded yet."""
    ledger.wipe()
    for n, act in enumerate(acts):
        play(ledger, n, act)
    return ledger


def play(shop: LittleLedger, n: int, act: Act) -> None:
    moment = NOON + timedelta(minutes=n)
    shown_phone = PHONES[act.who] if act.shows_phone else None
    shown_card = CARDS[(act.who + act.borrowed) % 4] if act.shows_card else None
    if act.registers and (shown_phone or shown_card):
        keys = [phone(shown_phone, verified=True)] if shown_phone else []
        keys += [card(shown_card)] if shown_card else []
        shop.register(*keys, family_name=NAMES[act.named], at=moment)
        return
    sale = a_sale(
        n + 1,
        phone=shown_phone,
        card=shown_card,
        family_name=NAMES[act.named],
        status=act.status,
        end_at=moment,
        total_minor=100 + n,
    )
    shop.sale(sale, at=moment)
    if act.revises:
        phone_ = PHONES[(act.who + 1) % 4] if act.corrects else shown_phone
        shop.sale(revision_of(sale, 7 + n, phone_), at=moment + timedelta(seconds=1))
    if act.voided_later:
        shop.sale(post_void_of(sale, 1000 + n), at=moment + timedelta(seconds=2))


def revision_of(sale: SaleRecorded, total_minor: int, shown: str | None) -> SaleRecorded:
    loyalty = [each for each in sale.loyalty if each.scheme is not Scheme.PHONE]
    loyalty += [Loyalty(scheme=Scheme.PHONE, value=shown)] if shown else []
    changed = msgspec.structs.replace(sale, total_minor=total_minor, loyalty=loyalty)
    return with_revision(changed)


def post_void_of(sale: SaleRecorded, sequence: int) -> SaleRecorded:
    link = Link(reason=LinkReason.VOID, sequence_number=sale.sequence_number)
    void = a_sale(sequence, total_minor=-sale.total_minor, end_at=sale.end_at)
    return with_revision(msgspec.structs.replace(void, links=[link]))


def everything(shop: LittleLedger) -> dict[str, list[tuple[object, ...]]]:
    """What the folds keep, but nonces, numbers of deltas, and marks of what changed when."""
    kept = {table: shop.rows(table, *columns) for table, columns in KEPT.items()}
    cards = [row for row in kept["card"] if row[1] != b""]
    deltas = [row for row in kept["card_feed"] if not row[2]]
    return kept | {"card": cards, "card_feed": deltas}


@FEW
@given(st.lists(PEACEFUL, max_size=12), st.randoms(use_true_random=False))
def test_without_conflict_the_order_of_arrival_does_not_matter(
    ledgers: Ledgers, acts: list[Act], chance: Random
) -> None:
    straight, shuffled = (played(ledger, acts) for ledger in ledgers)
    order = list(range(len(shuffled.entries)))
    chance.shuffle(order)
    shuffled.reordered(order)
    straight.fold()
    shuffled.fold(batch=4)
    assert shuffled.members() == straight.members()
    assert straight.directory.counts(TENANT).conflicts == 0


@FEW
@given(st.lists(ANYTHING, max_size=14), st.integers(1, 5))
def test_batches_of_any_size_give_the_same_state(
    ledgers: Ledgers, acts: list[Act], batch: int
) -> None:
    whole, pieces = (played(ledger, acts) for ledger in ledgers)
    whole.fold()
    pieces.fold(batch)
    assert everything(pieces) == everything(whole)


@FEW
@given(st.lists(ANYTHING, max_size=14), st.integers(0, 14))
def test_folding_again_from_anywhere_changes_nothing(
    ledgers: Ledgers, acts: list[Act], start: int
) -> None:
    shop = played(ledgers[0], acts)
    shop.fold(batch=3)
    once = everything(shop)
    shop.fold(batch=5, entries=shop.entries[start:])
    assert everything(shop) == once


@FEW
@given(st.lists(ANYTHING, max_size=14))
def test_a_rebuild_equals_the_incremental_state(ledgers: Ledgers, acts: list[Act]) -> None:
    shop = played(ledgers[0], acts)
    shop.fold(batch=2)
    incremental, feeds = everything(shop), shop.rows("card_feed")
    shop.clear()
    shop.fold(batch=5)
    assert everything(shop) == incremental
    assert shop.rows("card_feed") == feeds


@FEW
@given(st.lists(ANYTHING, max_size=20))
def test_no_limit_is_exceeded_and_no_phone_has_two_verified_holders(
    ledgers: Ledgers, acts: list[Act]
) -> None:
    shop = played(ledgers[0], acts)
    shop.fold(batch=6)
    claims = shop.rows("claim", "fingerprint", "one_id", "scheme", "strength", "valid_to_ms")
    standing = [row for row in claims if row[4] is None]
    per_member = Counter((one_id, scheme) for _, one_id, scheme, _, _ in standing)
    verified = Counter(row[0] for row in standing if row[3] == "verified")
    holders = Counter(row[0] for row in standing)
    assert max(per_member.values(), default=0) <= POLICY.most_per_member
    assert max(verified.values(), default=0) <= 1
    assert max(holders.values(), default=0) <= POLICY.most_holders + 1


@FEW
@given(st.lists(ANYTHING, max_size=20))
def test_cards_hold_exactly_the_money_of_the_members_sales(
    ledgers: Ledgers, acts: list[Act]
) -> None:
    shop = played(ledgers[0], acts)
    shop.fold(batch=6)
    sales = shop.rows("sale", "one_id", "standing", "total_minor")
    cards = [shop.feed.card(TENANT, one_id) for one_id in shop.one_ids()]
    visits = [row for row in sales if row[0] and row[1] == "sale"]
    spent = sum(each.amount_minor for card_ in cards if card_ for each in card_.spend)
    assert sum(card_.visits for card_ in cards if card_) == len(visits)
    assert spent == sum(int(str(row[2])) for row in visits)
    named_training = [row for row in sales if row[1] == "training" and row[0]]
    assert named_training == []
