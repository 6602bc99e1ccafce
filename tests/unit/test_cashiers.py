"""One cashier has one name in all of a shop's boxes, by a key of their tenant."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.capture.pos import CapturedSale
from agent.capture.pos.operators import Cashier, Cashiers, operator_pseudonym
from agent.capture.pos.profile import Operators
from agent.config.operator_key import read_operator_key
from agent.errors import BadConfiguration
from models.wire.events.sale import Flag
from tests.simulators.capturing import records
from tests.simulators.poslog_writer import poslog, transaction

KEY = bytes(range(32))


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "operators.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_key_is_read_as_the_cloud_printed_it(tmp_path: Path) -> None:
    assert read_operator_key(key_file(tmp_path, KEY.hex() + "\n")) == KEY


@pytest.mark.parametrize("text", ["", "cashiers", KEY.hex()[:-2], KEY.hex() + "00"])
def test_what_is_no_key_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        read_operator_key(key_file(tmp_path, text))
    assert not text or text not in str(refused.value)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="chmod 600"):
        read_operator_key(key_file(tmp_path, KEY.hex(), 0o644))


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"operators\.key: No such file"):
        read_operator_key(tmp_path / "operators.key")


def test_a_cashier_has_one_name_in_a_shop_and_another_in_the_next() -> None:
    here = operator_pseudonym("7", KEY, "sh-0001")
    assert here == operator_pseudonym("7", KEY, "sh-0001")
    assert here != operator_pseudonym("7", KEY, "sh-0002")
    assert here != operator_pseudonym("7", bytes(32), "sh-0001")


def test_without_the_key_a_cashier_has_no_name_and_the_sale_says_so() -> None:
    cashiers = Cashiers(lambda: None, "sh-0001", Operators.PSEUDONYM)
    assert cashiers.named("7") == Cashier("", (Flag.OPERATOR_LEFT_OUT,))
    assert cashiers.named("") == Cashier(), "the till itself named nobody"


def test_a_till_whose_cashiers_are_not_to_be_named_lacks_no_key() -> None:
    assert Cashiers(lambda: None, "sh-0001", Operators.OMIT).named("7") == Cashier()
    assert Cashiers(bytes, "sh-0001", Operators.PSEUDONYM).named("7") == Cashier()


def test_a_key_that_comes_later_names_the_next_sale() -> None:
    keys: list[bytes | None] = [None, KEY]
    cashiers = Cashiers(lambda: keys.pop(0), "sh-0001", Operators.PSEUDONYM)
    assert cashiers.named("7").flags
    assert cashiers.named("7") == Cashier(operator_pseudonym("7", KEY, "sh-0001"))


def test_a_sale_read_before_and_after_the_key_came_is_one_sale_of_one_revision() -> None:
    data = poslog(transaction(header="<OperatorID>2001</OperatorID>"))
    (before,), (after,) = (records(data, operator_key=key) for key in (None, KEY))
    assert isinstance(before, CapturedSale)
    assert isinstance(after, CapturedSale)
    assert (before.sale.operator_ref, before.sale.capture.flags) == ("", [Flag.OPERATOR_LEFT_OUT])
    assert (bool(after.sale.operator_ref), after.sale.capture.flags) == (True, [])
    assert before.event_id == after.event_id
    assert before.sale.revision == after.sale.revision
    assert b"2001" not in before.body
