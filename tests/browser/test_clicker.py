"""The clicker in a real browser over a real clip: keys, mouse and finger become a file of marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.capture.footfall.audit.marks import Audit, read_audit
from agent.capture.footfall.counting.line import Direction
from tests.browser.chromium import a_visitor
from tests.browser.quiet_page import DESK, PHONE, a_quiet_page
from tests.simulators.clicked_clip import ClickedClip, a_clicked_clip
from tests.simulators.real_data import real_file

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LINES = ("door=300,150,300,420", "street=500,100,500,500")


@pytest.fixture
def clip(tmp_path: Path) -> Iterator[ClickedClip]:
    with a_clicked_clip(real_file("video", "vtest.avi"), tmp_path / "m.jsonl", LINES) as clip:
        yield clip


@contextmanager
def a_page(
    browser: Browser,
    clip: ClickedClip,
    *,
    locale: str = "en-US",
    size: tuple[int, int] = DESK,
    touch: bool = False,
) -> Iterator[Page]:
    """The opened page, which may neither complain nor ask anybody but the command."""
    with a_quiet_page(browser, clip.address, locale=locale, size=size, touch=touch) as page:
        expect(page.locator("#blind")).to_be_hidden()
        yield page


def finished(page: Page, clip: ClickedClip) -> Audit:
    page.locator("#finish").click()
    expect(page.locator("#outcome")).to_contain_text(re.compile("Finished|已结束"))
    assert "audit score" in clip.ended()
    return read_audit(clip.marks)


def test_what_is_pressed_while_the_clip_plays_is_in_the_file(
    browser: Browser, clip: ClickedClip
) -> None:
    with a_page(browser, clip) as page:
        page.keyboard.press("Space")
        expect(page.locator("#clock")).to_contain_text(re.compile("^0:0[1-9]"), timeout=30_000)
        page.keyboard.press("Space")
        page.keyboard.press("i")
        page.get_by_role("button", name="street: Out").click()
        expect(page.locator("#last li")).to_have_count(2)
        before = page.locator("#clock").inner_text()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#clock")).not_to_have_text(before)
        for key in ("s", "g", "1", "u", "2", "g", "4", "z"):
            page.keyboard.press(key)
        expect(page.locator("#watched")).to_contain_text("Marks: 4 ")
        audit = finished(page, clip)
    assert [(each.line, each.direction) for each in audit.marks] == [
        ("door", Direction.IN),
        ("street", Direction.OUT),
        ("door", Direction.IN),
        ("door", Direction.OUT),
    ]
    staff, unsure = audit.marks[2:]
    assert (staff.staff, staff.sure, staff.group) == (True, True, 1)
    assert (unsure.staff, unsure.sure, unsure.group) == (False, False, 1)
    assert audit.marks[1].t < staff.t <= audit.watched.seconds
    assert len(audit.watched.spans) == 1


def test_pictures_are_stepped_one_by_one_both_ways(browser: Browser, clip: ClickedClip) -> None:
    with a_page(browser, clip) as page:
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        expect(page.locator("#clock")).to_contain_text("0:00.3")
        page.get_by_role("button", name="One picture back").click()
        expect(page.locator("#clock")).to_contain_text("0:00.2")
        page.keyboard.press("1")
        expect(page.locator("#last li")).to_have_count(1)
        audit = finished(page, clip)
    assert [mark.t for mark in audit.marks] == [0.2]
    assert audit.watched.spans == ((0.0, 0.3),)


def test_an_interrupted_audit_goes_on_where_it_was(browser: Browser, clip: ClickedClip) -> None:
    with a_page(browser, clip) as page:
        page.keyboard.press("Space")
        expect(page.locator("#clock")).to_contain_text(re.compile("^0:0[2-9]"), timeout=30_000)
        page.keyboard.press("1")
        expect(page.locator("#last li")).to_have_count(1)
        page.goto("about:blank")
        clip.process.kill()
        clip.process.wait()
    before = read_audit(clip.marks)
    with (
        a_clicked_clip(real_file("video", "vtest.avi"), clip.marks, LINES) as again,
        a_page(browser, again) as page,
    ):
        expect(page.locator("#last li")).to_have_count(1)
        expect(page.locator("#clock")).to_contain_text(re.compile("^0:0[2-9]"))
        page.keyboard.press("2")
        expect(page.locator("#last li")).to_have_count(2)
        after = finished(page, again)
    assert after.marks[0] == before.marks[0]
    assert after.marks[1].t >= before.watched.spans[-1][1]


def test_the_address_opens_the_page_once_and_nobody_else_sees_a_picture(
    browser: Browser, clip: ClickedClip
) -> None:
    with a_page(browser, clip), a_visitor(browser) as stranger:
        asked = stranger.request
        assert asked.get(clip.address, max_redirects=0).status == 403
        for place in ("/", "/picture?at=0", "/standing"):
            assert asked.get(f"{clip.url}{place}").status == 403
        assert asked.post(f"{clip.url}/mark", data={}).status == 403
        rebound = asked.get(f"{clip.url}/", headers={"Host": "evil.example"})
        assert rebound.status == 400


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_it_is_usable_on_a_desk_and_on_a_phone_in_both_languages(
    browser: Browser, clip: ClickedClip, locale: str, size: tuple[int, int]
) -> None:
    with a_page(browser, clip, locale=locale, size=size, touch=size is PHONE) as page:
        page.locator("#forward").click()
        expect(page.locator("#clock")).to_contain_text("0:00.1")
        way = page.locator(".way").first
        if size is PHONE:
            way.tap()
        else:
            way.click()
        expect(page.locator("#last li")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        low = page.eval_on_selector_all(
            "main button",
            "all => all.filter(each => each.getBoundingClientRect().height < 36).length",
        )
        assert low == 0
        finished(page, clip)
