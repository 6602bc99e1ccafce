"""A live audit beside a real watcher: real people in the picture, real counts, marks alone kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from agent.capture.footfall.audit.marks import read_audit
from agent.capture.footfall.audit.standing import KeptAudit
from agent.capture.footfall.counting.line import Direction
from tests.browser.doors import enter_pin
from tests.browser.quiet_page import a_quiet_page
from tests.simulators.image_hunt import Hunter, PixelPrints, decoded, files_below
from tests.simulators.real_data import real_file
from tests.simulators.real_network import NETWORK, cache_with_the_real_network
from tests.simulators.watching_box import WatchingBox, a_watching_box

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]

PIN = "58204716"
WORDS_OF_MARKS = {
    *("type", "source", "began_at", "begin_s", "end_s", "lines", "by"),
    *("holds_for", "rule", "network", "t", "line", "direction", "staff", "group", "leads", "sure"),
}


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WatchingBox]:
    networks = tmp_path / "networks"
    networks.mkdir()
    monkeypatch.setenv("LIANKE_MODELS", str(cache_with_the_real_network(networks)))
    with a_watching_box(tmp_path, real_file("video", "vtest.avi"), PIN) as box:
        yield box


def begun(page: Page) -> None:
    """Begin, and wait for pictures that were taken after that: marks are of these."""
    page.locator("#begin").click()
    expect(page.locator(".way").first).to_be_enabled()
    page.wait_for_function("begun => shown.at > begun + 0.5", arg=page.evaluate("shown.at"))


def marked(page: Page, *keys: str) -> None:
    """Press these keys; each digit makes a mark, which must stand before the next key."""
    for key in keys:
        before = page.locator("#last li").count()
        page.keyboard.press(key)
        if key.isdigit():
            expect(page.locator("#last li")).to_have_count(before + 1)


def test_who_crosses_a_watched_square_is_marked_beside_what_is_counted(
    browser: Browser, box: WatchingBox
) -> None:
    with a_quiet_page(browser, f"{box.url}/setup") as page:
        enter_pin(page, PIN)
        page.locator("header a[href$='/audit']").click()
        expect(page.locator("#blind")).to_be_hidden(timeout=30_000)
        begun(page)
        marked(page, "1", "2", "s", "1", "g", "2", "2", "g")
        page.wait_for_timeout(12_000)  # somebody crosses the middle of the square every few seconds
        outcome = page.locator("#outcome")
        expect(outcome).to_contain_text("What the counter told is not shown before")
        page.locator("#finish").click()
        expect(outcome).to_contain_text("You saw 5, the counter told", timeout=60_000)
        assert re.search(r"told ([1-9]\d*);", outcome.inner_text())
    [file] = (box.audits / "door").iterdir()
    audit = read_audit(file)
    ways = [(each.direction, each.staff, each.group) for each in audit.marks]
    assert ways == [
        (Direction.IN, False, 0),
        (Direction.OUT, False, 0),
        (Direction.IN, True, 0),
        (Direction.OUT, False, 1),
        (Direction.OUT, False, 1),
    ]
    assert audit.watched.seconds >= 10
    kept = msgspec.json.decode((box.audits / "door.json").read_bytes(), type=KeptAudit).audited
    assert (kept.live, kept.total.seen, kept.total.told) == (True, 5, len(audit.told))
    assert kept.network.startswith(NETWORK)


def test_marks_alone_are_kept(browser: Browser, box: WatchingBox) -> None:
    with a_quiet_page(browser, f"{box.url}/setup") as page:
        enter_pin(page, PIN)
        page.locator("header a[href$='/audit']").click()
        expect(page.locator("#blind")).to_be_hidden(timeout=30_000)
        begun(page)
        marked(page, "1", "s", "2")
        page.locator("#finish").click()
        expect(page.locator("#outcome")).to_contain_text("You saw 2", timeout=60_000)
    [file] = (box.audits / "door").iterdir()
    said = [json.loads(line) for line in file.read_text().splitlines()]
    assert set().union(*said) <= WORDS_OF_MARKS
    assert file.stat().st_mode & 0o777 == 0o600
    hunter = Hunter(PixelPrints.of(decoded(real_file("video", "vtest.avi"), every=12)))
    assert hunter.hunt(files_below(box.folder)) == []
