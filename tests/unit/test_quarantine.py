"""What lies in quarantine can be seen, tried again and thrown away."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from agent.capture.quarantine import Quarantine, write_content, write_list
from agent.errors import BadConfiguration
from models.wire.events.capture import ReleasedHow
from tests.simulators.facts import NOON
from tests.simulators.poslog_writer import goods, poslog, retail, tender, transaction
from tests.unit.test_spool import Shop

CARD = "4111111111111111"
PARKED = transaction(
    retail(goods().replace("豆浆", f"豆浆 {CARD}"), tender(), status="Geparkt"), number="2"
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.drop("a.xml", poslog(transaction(number="1"), PARKED, transaction(number="3")))
    shop.drop("b.xml", b"<Inventory/>")
    shop.settle()
    return shop


@pytest.fixture
def quarantine(shop: Shop) -> Quarantine:
    return Quarantine(shop.data, shop.keeping)


def test_the_list_says_what_why_and_since_when(quarantine: Quarantine) -> None:
    out = StringIO()
    write_list(quarantine.kept(), out)
    text = out.getvalue()
    assert "1001/01/2025-11-07/2" in text
    assert "TransactionStatus is not known" in text
    assert "root element is not POSLog" in text
    assert text.endswith("2 in quarantine\n")


def test_what_is_shown_holds_no_card(quarantine: Quarantine) -> None:
    (record,) = [kept for kept in quarantine.kept() if kept.record]
    out = StringIO()
    write_content(quarantine, record, out)
    assert "<SequenceNumber>2</SequenceNumber>" in out.getvalue()
    assert "豆浆 ************1111" in out.getvalue()
    assert CARD not in out.getvalue()


def test_what_is_dropped_is_gone(shop: Shop, quarantine: Quarantine) -> None:
    for kept in quarantine.kept():
        quarantine.drop(kept, ReleasedHow.DROPPED, NOON)
        quarantine.drop(kept, ReleasedHow.DROPPED, NOON)
    assert quarantine.kept() == []
    assert list((shop.data / "quarantine").iterdir()) == []


def test_a_name_may_be_shortened_but_not_guessed(quarantine: Quarantine) -> None:
    first = quarantine.kept()[0]
    assert quarantine.find([first.name[:8]]) == [first]
    with pytest.raises(BadConfiguration, match="2 begin with it"):
        quarantine.find([""])
    with pytest.raises(BadConfiguration, match="nothing of that name"):
        quarantine.find(["zzz"])
