"""The cloud's half: whose key is sent to whom, and what a welcome never waits for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from cloud.devices import OperatorKeys
from cloud.ingest.documents import Desk, Document
from models.vault.errors import SealBroken
from models.vault.exchange import Recipient
from models.vault.master import MasterKey
from models.wire.ack import Welcome, decode_answer, operator_key_place
from models.wire.birth import Birth
from models.wire.ids import DevicePath, device_id, tenant_id
from models.wire.topics import Down, Up, down
from tests.simulators.cloud_source import KnownDevices
from tests.simulators.facts import NOON, SHOP
from tests.simulators.ledger_premises import LedgerPremises

FOREIGN = DevicePath(tenant_id("other"), SHOP.store, device_id("sh-0001-pos9"))
KEYS = OperatorKeys(MasterKey(b"m" * 32))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    premises = LedgerPremises(tmp_path)
    yield Desk(
        premises.journal,
        KnownDevices({SHOP, FOREIGN}),
        lambda _tenant, _store: 7,
        KEYS.answer,
    )
    premises.close()


def welcomed(desk: Desk, device: DevicePath, seal_to: str) -> Welcome:
    """What a birth on this device's topic is answered with."""
    birth = Birth(
        birth="b1",
        bootid="boot-1",
        agent_version="0.1.0",
        started_at="2026-11-22T04:00:00.000Z",
        epochs=[],
        seal_to=seal_to,
    )
    answer = desk.take(Document(device, Up.BIRTH, msgspec.json.encode(birth), NOON))
    assert answer is not None
    assert answer.topic == down(device, Down.ACK)
    welcome = decode_answer(answer.payload)
    assert isinstance(welcome, Welcome)
    return welcome


def test_a_box_that_asks_gets_its_tenants_key_for_this_birth(desk: Desk) -> None:
    recipient = Recipient()
    welcome = welcomed(desk, SHOP, recipient.public)
    key = recipient.open(welcome.operator_key, operator_key_place(SHOP, "b1"))
    assert key == KEYS.of(SHOP.tenant)
    with pytest.raises(SealBroken):
        recipient.open(welcome.operator_key, operator_key_place(SHOP, "b2"))


def test_the_topic_says_whose_key_it_is_and_a_foreign_box_gets_its_own(desk: Desk) -> None:
    """The public key of another tenant's box is no secret; to name it gains nothing."""
    theirs = Recipient()
    welcome = welcomed(desk, FOREIGN, theirs.public)
    key = theirs.open(welcome.operator_key, operator_key_place(FOREIGN, "b1"))
    assert key == KEYS.of(FOREIGN.tenant) != KEYS.of(SHOP.tenant)


@pytest.mark.parametrize("asked", ["", "cashiers", "A" * 44, "A" * 100_000])
def test_who_asks_for_nothing_or_badly_is_welcomed_all_the_same(desk: Desk, asked: str) -> None:
    with capture_logs() as lines:
        welcome = welcomed(desk, SHOP, asked)
    assert (welcome.operator_key, welcome.cards) == ("", 7)
    assert [line["event"] for line in lines] == ["operator_key_not_sent"] * bool(asked)


def test_nothing_of_a_key_is_shown() -> None:
    key = KEYS.of(SHOP.tenant)
    assert key.hex() not in f"{KEYS!r} {vars(KEYS)}"
    assert repr(key)[2:-1] not in f"{KEYS!r} {vars(KEYS)}"
