"""What comes down is routed by its topic; a trouble with cards never holds up the sales."""

from __future__ import annotations

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from agent.errors import DiskUnusable
from agent.sync.ingress import Ingress
from agent.sync.metrics import SyncMetrics
from models.wire.ack import Ack, Welcome
from models.wire.cards import CardDelta
from models.wire.topics import Down, ShopDown, down, shop_down
from tests.simulators.facts import EPOCH, SHOP

ANSWERS = down(SHOP, Down.ACK)
CARDS = shop_down(SHOP.tenant, SHOP.store, ShopDown.CARDS)


def full(_: object) -> None:
    raise DiskUnusable("replica: no space left on device")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def ingress(registry: CollectorRegistry) -> Ingress:
    """On a box whose disk takes no card."""
    return Ingress(
        SHOP,
        on_card=full,
        on_cards_head=full,
        on_twin=lambda _: None,
        metrics=SyncMetrics(registry),
    )


def test_a_card_that_cannot_be_kept_ends_no_session(ingress: Ingress) -> None:
    delta = CardDelta(store=SHOP.store, sequence=1, one_id="m", version=1, card=None)
    assert ingress.route(CARDS, msgspec.json.encode(delta)) is None


def test_a_replica_that_cannot_be_asked_keeps_no_welcome_from_the_session(
    ingress: Ingress,
) -> None:
    welcome = Welcome(ledger="g1", birth="b1", epochs=[], cards=9)
    assert ingress.route(ANSWERS, msgspec.json.encode(welcome)) == welcome


def test_an_answer_goes_to_the_session_and_damage_is_counted(
    ingress: Ingress, registry: CollectorRegistry
) -> None:
    ack = Ack(ledger="g1", epoch=EPOCH, stream="sale", settled=[(1, 2)])
    assert ingress.route(ANSWERS, msgspec.json.encode(ack)) == ack
    assert ingress.route(ANSWERS, b"{") is None
    assert ingress.route(CARDS, b"\x00") is None
    assert ingress.route("lk1/of/somebody/else", b"{") is None
    assert registry.get_sample_value("lianke_sync_messages_undecodable_total") == 2
