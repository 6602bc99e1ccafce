"""What is left of a planted number: when it must be nowhere, and that the account finds it then."""

from __future__ import annotations

import json

import pytest

from tests.simulators.damaged_day.account import settle
from tests.simulators.damaged_day.box import Outputs
from tests.simulators.damaged_day.plants import Plant
from tests.simulators.damaged_day.records import Record
from tests.simulators.damaged_day.remainders import dangerous, pieces_of

NUMBER = "4000056655665556"
CARD = Plant("card", NUMBER, NUMBER)
TRACK = Plant("track", f";{NUMBER}=2512101000042?", NUMBER)
CODE = Plant("code", "134567890123456789", "134567890123456789")
CVV = Plant("cvv", "CVV: 042")


def record(wrote: str, sent: str, till: str = "prints") -> Record:
    return Record(
        till,
        97_000,
        "Zqbbbb",
        damage="some",
        wrote=wrote.encode("gb18030"),
        sent=sent.encode("gb18030"),
        refused=True,
    )


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        (f"卡号：{NUMBER}\n", NUMBER),
        (f"卡号：{NUMBER[:15]}\n", NUMBER[:15]),
        (f"卡号：{NUMBER[:13]}\x00\x00", NUMBER[:13]),
        (f"卡号：{NUMBER[3:]}\n", NUMBER[3:]),
        (f"卡号：{NUMBER[:7]}q{NUMBER[7:]}\n", NUMBER),
        (f"卡号：{NUMBER[:7]}\x1d(\x01\x02\x00{NUMBER[7:]}\n", NUMBER),
        (f"卡号：{NUMBER}99\n", NUMBER),
        (f"商品 {NUMBER} 12.50\n", NUMBER),
    ],
)
def test_thirteen_digits_are_dangerous_where_somebody_can_know_what_they_are(
    sent: str, left: str
) -> None:
    found = dangerous(CARD, record(f"卡号：{NUMBER}\n", sent))
    assert found == set(pieces_of(left))
    assert found


@pytest.mark.parametrize(
    "sent",
    [
        f"卡号：{NUMBER[:12]}\n",
        f"卡号：{NUMBER[4:]}\n",
        f"商品 {NUMBER[:15]} 12.50\n",
        f"商品 {NUMBER}99 12.50\n",
        f"卡号：{NUMBER[:8]} 金额 {NUMBER[8:]}\n",
        "卡号：\n",
    ],
)
def test_what_is_truncated_or_nobodys_may_stay(sent: str) -> None:
    assert dangerous(CARD, record(f"卡号：{NUMBER}\n", sent)) == set()


def test_a_number_in_its_place_is_judged_whatever_the_place_is() -> None:
    """A field of columns is what it is by where it stands; whole and apart, it needs no place."""
    line = f"D4006381333931Zqbbbb {NUMBER}0000001.000"
    assert dangerous(CARD, record(line, line, "fixed")) == set(pieces_of(NUMBER))
    moved = f"D{NUMBER}Zqbbbb 4006381333931"
    assert dangerous(CARD, record(line, moved, "fixed")) == set(pieces_of(NUMBER))


def test_a_piece_that_may_stand_elsewhere_is_not_looked_for() -> None:
    sent = f"卡号：{NUMBER}\n商品{NUMBER[:14]}\n"
    allowed = set(pieces_of(NUMBER[:14]))
    found = dangerous(CARD, record(f"卡号：{NUMBER}\n", sent))
    assert found == set(pieces_of(NUMBER)) - allowed


def test_a_stripe_is_told_by_its_expiry_and_a_code_by_the_word_before_it() -> None:
    assert dangerous(TRACK, record("", f";{NUMBER[2:]}=2512101000042?"))
    assert not dangerous(TRACK, record("", f";{NUMBER[2:]}?"))
    assert dangerous(CODE, record("", f"授权码：{CODE.number[:14]}\n"))
    assert not dangerous(CODE, record("", f"流水号：{CODE.number}\n"))
    assert dangerous(CVV, record("CVV: 042\n", "\x00\x00CVV: 042\n"))


@pytest.mark.parametrize("shown", [NUMBER[:13], NUMBER[2:15], f"{NUMBER[:8]} {NUMBER[8:14]}"])
@pytest.mark.parametrize("where", ["event", "log", "kept"])
def test_the_account_finds_a_remainder_that_is_let_through(shown: str, where: str) -> None:
    """The control: nothing but the remainder of a number that the damage had cut."""
    cut = record(f"卡号：{NUMBER}\n", f"卡号：{NUMBER[:15]}\n")
    cut.plants = [CARD]
    outputs = Outputs()
    assert settle([cut], outputs).faults == []
    text = json.dumps({"data": {"description": shown}}).encode()
    match where:
        case "event":
            outputs.events.append(text)
        case "log":
            outputs.told["log"] = shown
        case _:
            outputs.quarantine["x"] = (text, b"{}")
    assert settle([cut], outputs).faults == [f"prints Zqbbbb (some): card shows in {where}"]


def test_twelve_digits_of_it_are_no_fault() -> None:
    whole = record(f"卡号：{NUMBER}\n", f"卡号：{NUMBER}\n")
    whole.plants = [CARD]
    outputs = Outputs(told={"log": f"{NUMBER[:8]}****{NUMBER[-4:]} {NUMBER[4:]}"})
    assert settle([whole], outputs).faults == []
