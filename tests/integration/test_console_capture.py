"""Capture quality on the console: numbers, sums, sources, and records beside what was read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import msgspec
import pytest

from cloud.capture import Wholeness
from cloud.console.painter import Painter
from cloud.devices import SourceHealth
from models.shown.words import Language
from models.wire.events.capture import ReleasedHow
from models.wire.events.sale import Flag, Kind, Tender
from tests.simulators.capture_words import a_source, flagged, released, set_aside, speak
from tests.simulators.clocks import HandClock
from tests.simulators.console_visitor import PASSWORD, ConsoleVisitor
from tests.simulators.facts import a_sale
from tests.simulators.whole_cloud import WholeCloud

PAGE = "/console/capture"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
        made.open_store()
        made.enrol()
        yield made


@pytest.fixture
def visitor(cloud: WholeCloud) -> Iterator[ConsoleVisitor]:
    with cloud.served() as url, ConsoleVisitor(url) as made:
        made.sign_in()
        yield made


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def section(page: str, name: str) -> str:
    found = re.search(rf'<section[^>]*aria-labelledby="{name}".*?</section>', page, re.DOTALL)
    assert found is not None, name
    return text_of(found[0])


def test_nobody_sees_it_without_signing_in(cloud: WholeCloud) -> None:
    with cloud.served() as url, ConsoleVisitor(url) as stranger:
        assert stranger.open(PAGE).url.path == "/console/sign-in"
        assert stranger.open(f"{PAGE}/record", store="demo/sh-0001").url.path == "/console/sign-in"


def test_a_day_of_which_nothing_came_says_so(visitor: ConsoleVisitor) -> None:
    page = visitor.open(PAGE).text
    assert "Nothing has been captured" in page
    assert "Nothing is in quarantine" in page
    assert visitor.figure("missing") == "0"


def test_missing_numbers_are_named_and_controls_fill_them(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    control = a_sale(44, kind=Kind.CONTROL)
    cloud.sell(*(a_sale(n) for n in (41, 42, 43, 47, 48)), control, a_sale(1, workstation="2"))
    page = visitor.open(PAGE).text
    assert visitor.figure("missing") == "2"
    tills = section(page, "tills-heading")
    assert "Numbers missing 41 – 48 6 1 of them controls 2 45 – 46 0" in tills
    assert "2 Whole 1 – 1 1 0 0" in tills


def test_what_does_not_add_up_is_shown_with_its_sums(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    short = msgspec.structs.replace(
        a_sale(1, total_minor=1250, phone="+8613787655678", family_name="王"),
        tenders=[Tender(type="cash", amount_minor=2000, change_minor=800)],
    )
    cloud.sell(flagged(short, Flag.TENDERS_DISAGREE), a_sale(2))
    page = visitor.open(PAGE).text
    assert visitor.figure("disagreeing") == "1"
    sums = section(page, "sums-heading")
    assert "¥12.50 − ¥12.50 = ¥0.00 agrees" in sums
    assert "¥20.00 − ¥8.00 change − ¥12.50 = −¥0.50" in sums
    assert "13787655678" not in page
    assert "王" not in page
    assert "1 of 2 (50 %)" in section(page, "sources-heading")


def test_a_record_is_shown_beside_what_was_read_of_it_with_the_commands(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.set_aside(set_aside(raw='<Total onclick="x">Xx</Total>'), set_aside("gone"))
    cloud.set_aside(released("gone", how=ReleasedHow.DROPPED))
    page = visitor.open(PAGE).text
    assert visitor.figure("quarantined") == "1"
    assert "Dropped by somebody" in section(page, "records-heading")
    address = re.search(r'href="(/console/capture/record\?[^"]*name=5f0c[^"]*)"', page)
    assert address is not None
    record = visitor.http.get(unescape(address[1])).text
    assert "<Total onclick" not in record
    assert "&lt;Total onclick" in record
    diff = section(record, "diff-heading")
    assert "1 <SequenceNumber>0042</SequenceNumber> sequence_number = 0042" in diff
    assert "Fault no total" in diff
    assert "12 more pieces" in diff
    for verb in ("show --diff", "retry", "drop"):
        assert f"lianke-agent quarantine {verb} 5f0c" in record
    assert 'href="/console/capture?store=demo%2Fsh-0001' in record


def test_a_record_that_left_has_no_commands_any_more(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.set_aside(set_aside(), released())
    page = visitor.open(PAGE).text
    address = re.search(r'href="(/console/capture/record\?[^"]*)"', page)
    assert address is not None
    record = visitor.http.get(unescape(address[1])).text
    assert "Read again" in record
    assert "quarantine retry" not in record


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "other"},
        {"device": "other"},
        {"store": "demo/other"},
        {"since": "2026-11-22T04:00:01+00:00"},
        {"since": "2026-11-22T04:00:00"},
    ],
)
def test_a_record_that_is_not_there_is_a_page_that_says_so(
    cloud: WholeCloud, visitor: ConsoleVisitor, wanted: dict[str, str]
) -> None:
    cloud.set_aside(set_aside())
    right = {
        "store": "demo/sh-0001",
        "day": "2026-11-22",
        "device": "sh-0001-pos1",
        "name": "5f0c",
        "since": "2026-11-22T04:00:00+00:00",
    }
    assert visitor.open(f"{PAGE}/record", **right).status_code == 200
    assert visitor.open(f"{PAGE}/record", **(right | wanted)).status_code == 404


def test_a_tills_words_cannot_become_markup(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.sell(a_sale(1, workstation='"><img src=x>'))
    cloud.set_aside(set_aside('"><img src=y>', reason="<script>alert(1)</script>"))
    page = visitor.open(PAGE).text
    for said in ("<img src=x", "<img src=y", "<script>alert"):
        assert said not in page


def test_sources_of_a_device_stand_here_and_on_its_page(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.sell(a_sale(1))
    speak(cloud, a_source(unbalanced=4), a_source("counter-2"))
    readers = section(visitor.open(PAGE).text, "sources-heading")
    assert "Till's folder Folder Ready sh-0001-pos1 220 30 s ago 4 of the last 100" in readers
    devices = text_of(visitor.open("/console/devices").text)
    assert "counter-2: Ready 30 s ago" in devices


@pytest.mark.parametrize(("language", "name"), [("en", "Till's folder"), ("zh", "收银机文件夹")])
def test_the_tills_folder_has_one_name_for_what_it_read_and_what_it_set_aside(
    cloud: WholeCloud, language: str, name: str
) -> None:
    cloud.sell(a_sale(1))
    cloud.set_aside(set_aside())
    speak(cloud, a_source())
    with cloud.served() as url, ConsoleVisitor(url, language) as visitor:
        visitor.sign_in()
        page = visitor.open(PAGE).text
        assert name in section(page, "sources-heading")
        assert f"{name} standard v3" in section(page, "records-heading")
        address = re.search(r'href="(/console/capture/record\?[^"]*)"', page)
        assert address is not None
        record = visitor.http.get(unescape(address[1])).text
        assert name in section(record, "fault-heading")
        assert "[till]" not in page + record


def test_live_part_is_the_same_as_in_the_page(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.sell(a_sale(1), a_sale(3))
    cloud.set_aside(set_aside())
    page = visitor.open(PAGE).text
    live = visitor.open(f"{PAGE}/live", store="demo/sh-0001", day="2026-11-22").text
    assert live.strip() in page


def test_every_word_of_ours_stands_in_both_languages() -> None:
    painter = Painter.load(HandClock())
    for language in Language:
        keys = painter.words(language).keys
        for vocabulary, words in (
            ("capture_state", Wholeness),
            ("source_state", SourceHealth),
            ("released", ReleasedHow),
            ("flag", Flag),
        ):
            for word in words:
                assert f"{vocabulary}.{word.value}" in keys, word
