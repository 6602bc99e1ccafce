"""Trade item numbers: what is one, what a shop made itself, and what is neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.pos.gtin import GtinKind, has_check_digit, kind_of_gtin
from models.wire.events.sale import Flag
from tests.simulators.capturing import only_sale
from tests.simulators.poslog_writer import goods, poslog, retail, tender, transaction
from tests.simulators.till.gtin import chinese_gtin


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("4006381333931", GtinKind.TRADE_ITEM),
        ("6901234567892", GtinKind.TRADE_ITEM),
        ("96385074", GtinKind.TRADE_ITEM),  # GTIN-8
        ("036000291452", GtinKind.TRADE_ITEM),  # UPC-A
        ("04252614", GtinKind.TRADE_ITEM),  # UPC-E of 042100005264
        ("10012345678902", GtinKind.TRADE_ITEM),  # a case of them
        ("00036000291452", GtinKind.TRADE_ITEM),
        ("00000000067591", GtinKind.TRADE_ITEM),  # as NCR pads
        ("2012345678900", GtinKind.IN_STORE),  # a scale's price inside, any last digit
        ("2912345000005", GtinKind.IN_STORE),
        ("0212345678901", GtinKind.IN_STORE),
        ("212345678901", GtinKind.IN_STORE),  # the same as UPC-A
        ("00212345678901", GtinKind.IN_STORE),
        ("20123451", GtinKind.IN_STORE),
        ("4006381333932", GtinKind.INVALID),
        ("690123456781", GtinKind.INVALID),
        ("40063813339310", GtinKind.INVALID),
        ("0000000000000", GtinKind.INVALID),
        ("12345", GtinKind.INVALID),
        ("400638133393X", GtinKind.INVALID),
        ("４００６３８１３３３９３１", GtinKind.INVALID),
        ("", GtinKind.INVALID),
    ],
)
def test_kinds_of_codes(code: str, kind: GtinKind) -> None:
    assert kind_of_gtin(code) is kind


@given(st.integers(0, 99_999), st.integers(0, 9_999), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(maker: int, item: int, place: int, off: int) -> None:
    code = chinese_gtin(maker, item)
    wrong = str((int(code[place]) + off) % 10)
    assert has_check_digit(code)
    assert not has_check_digit(code[:place] + wrong + code[place + 1 :])


IDENTITY = '<POSIdentity POSIDType="{}"><POSItemID>{}</POSItemID></POSIdentity>'


@pytest.mark.parametrize(
    ("kind", "code", "gtin", "flags"),
    [
        ("EAN", "4006381333931", "4006381333931", []),
        ("EAN-13", "4006381333931", "4006381333931", []),
        ("gtin_14", "10012345678902", "10012345678902", []),
        ("EAN", "4006381333932", "4006381333932", [Flag.GTIN_INVALID]),
        ("EAN", "2012345678900", "2012345678900", []),
        ("", "4006381333931", "4006381333931", []),
        ("", "4006381333932", "", []),
        ("", "12345670", "", []),
        ("PLU", "4006381333931", "", []),
        ("RegistrationNumber", "4006381333931", "4006381333931", []),
    ],
)
def test_a_wrong_code_is_kept_and_flagged(
    kind: str, code: str, gtin: str, flags: list[Flag]
) -> None:
    line = goods(inside=IDENTITY.format(kind, code))
    sale = only_sale(poslog(transaction(retail(line, tender()))))
    assert sale.lines[0].gtin == gtin
    assert sale.capture.flags == flags


@pytest.mark.parametrize("inside", ["<GTIN>4006381333931</GTIN>", "<EAN>4006381333931</EAN>"])
def test_a_code_in_an_element_of_its_own_is_found(inside: str) -> None:
    sale = only_sale(poslog(transaction(retail(goods(inside=inside), tender()))))
    assert sale.lines[0].gtin == "4006381333931"
