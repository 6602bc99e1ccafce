"""Numbers, times and keys as tills write them."""

from __future__ import annotations

from datetime import UTC, date

import pytest

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.amounts import Amounts
from agent.capture.pos.mapping.moments import Moments
from agent.capture.pos.money import Currency
from tests.simulators.capturing import SHANGHAI

CNY, JPY, KWD = (Currency.of(code) for code in ("CNY", "JPY", "KWD"))
GERMAN = Amounts(decimal_mark=",", thousands_mark=".")


@pytest.mark.parametrize(
    ("marks", "text", "minor"),
    [
        (Amounts(), "14.25", 1425),
        (Amounts(), "¥14.25", 1425),
        (Amounts(), "-¥14.25", -1425),
        (Amounts(), "¥-14.25", -1425),
        (Amounts(), "14.25-", -1425),
        (Amounts(), "(14.25)", -1425),
        (Amounts(), "−14.25", -1425),
        (Amounts(), ".5", 50),
        (Amounts(symbols=("元",)), "14 元", 1400),
        (GERMAN, "1.234,50", 123450),
        (GERMAN, "1.234.567", 123456700),
        (Amounts(thousands_mark=","), "12,345.6", 1234560),
        (Amounts(in_minor_units=True), "0000001425", 1425),
        (Amounts(in_minor_units=True), "-5", -5),
    ],
)
def test_an_amount_is_read_to_the_cent(marks: Amounts, text: str, minor: int) -> None:
    assert marks.minor(text, CNY, "amount") == minor


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        (GERMAN, "12.50"),
        (GERMAN, "1234.567"),
        (Amounts(), "1,234.50"),
        (Amounts(), "14.255"),
        (Amounts(), "1e2"),
        (Amounts(), "--1"),
        (Amounts(), "-1-"),
        (Amounts(), "1 2"),
        (Amounts(), ""),
        (Amounts(), "NaN"),
        (Amounts(), "１４"),
        (Amounts(), "9" * 60),
        (Amounts(in_minor_units=True), "14.25"),
    ],
)
def test_what_could_be_another_amount_is_refused(marks: Amounts, text: str) -> None:
    with pytest.raises(Malformed, match="amount"):
        marks.minor(text, CNY, "amount")


def test_minor_units_follow_the_currency() -> None:
    assert Amounts().minor("14", JPY, "amount") == 14
    assert Amounts().minor("1.234", KWD, "amount") == 1234
    with pytest.raises(Malformed, match="more decimals"):
        Amounts().minor("14.5", JPY, "amount")


def test_what_the_till_leaves_to_be_multiplied_rounds_half_up() -> None:
    assert Amounts().product("1.5", "0.33", CNY, "price") == 50
    assert Amounts().product("-1.5", "0.33", CNY, "price") == -50
    assert Amounts(in_minor_units=True).product("0.5", "33", CNY, "price") == 17


def test_days_and_times_follow_their_formats() -> None:
    moments = Moments(
        dates=("%d/%m/%Y", "%d of %B %Y"),
        times=("%I:%M %p",),
        moments=("%Y%m%d%H%M%S", "epoch_ms", "epoch_s"),
    )
    assert moments.day("06/04/2015", "day") == date(2015, 4, 6)
    assert moments.day("6th  of April 2015", "day") == date(2015, 4, 6)
    joined, assumed = moments.joined("06/04/2015", "02:56 PM", SHANGHAI, "time")
    assert (joined.isoformat(), assumed) == ("2015-04-06T14:56:00+08:00", True)
    assert moments.moment("20150406145625", SHANGHAI, "t")[0].hour == 14
    at, assumed = moments.moment("1428303385000", SHANGHAI, "t")
    assert (at.astimezone(UTC).isoformat(), assumed) == ("2015-04-06T06:56:25+00:00", False)


@pytest.mark.parametrize("text", ["2015-13-01 00:00:00", "yesterday", "", "9" * 400])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="when"):
        Moments().moment(text, SHANGHAI, "when")
    with pytest.raises(Malformed, match="when"):
        Moments(moments=("epoch_s",)).moment(text, SHANGHAI, "when")
