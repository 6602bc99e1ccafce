"""A live camera is audited on the set-up page: marks beside counts, and neither sees the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.capture.footfall.audit.marks import read_audit
from agent.capture.footfall.audit.standing import LastAudit
from agent.capture.footfall.messages import Crossed, Opened, Seen, SettledCrossing
from models.wire.drawing import CameraWish, Drawing, DrawnLine
from tests.browser.chromium import a_visitor
from tests.browser.doors import enter_pin
from tests.browser.quiet_page import DESK, PHONE, a_quiet_page
from tests.simulators.set_up_box import PIN, SetUpBox, a_set_up_box

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULE, NETWORK = "segment-band-1", "toy@00000000"
OPENED = Opened(width=640, height=360, fps=10.0, at_s=0.0, rule=RULE)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[SetUpBox]:
    with a_set_up_box(tmp_path) as box:
        box.overheard["entrance"].opened(OPENED, NETWORK)
        yield box


@contextmanager
def a_page(
    browser: Browser,
    box: SetUpBox,
    locale: str = "en-US",
    size: tuple[int, int] = DESK,
    forgiven: Collection[str] = (),
) -> Iterator[Page]:
    """The page of the first camera's audit."""
    with a_quiet_page(
        browser, f"{box.url}/setup", locale=locale, size=size, forgiven=forgiven
    ) as page:
        enter_pin(page, PIN)
        page.locator("header a[href$='/audit']").click()
        expect(page.locator("#blind")).to_be_hidden()
        yield page


def begun(page: Page) -> None:
    """Begin, and wait for pictures that were taken after that: marks are of these."""
    page.locator("#begin").click()
    expect(page.locator(".way").first).to_be_enabled()
    page.wait_for_function("begun => shown.at > begun + 0.5", arg=page.evaluate("shown.at"))


def told(box: SetUpBox, *crossings: tuple[str, float]) -> None:
    """The counter tells them, and that each was a group's first."""
    crossed = [Crossed("door", way, at_s) for way, at_s in crossings]
    settled = [SettledCrossing("door", way, at_s, False, False, True) for way, at_s in crossings]
    last_s = max(at_s for _, at_s in crossings) + 1.0
    seen = Seen(first_s=0.0, last_s=last_s, samples=1, observed_s=1.0, crossings=crossed)
    box.overheard["entrance"].seen(seen)
    box.overheard["entrance"].seen(
        Seen(first_s=last_s, last_s=last_s, samples=1, observed_s=0.0, settled=settled)
    )


def marked_s(box: SetUpBox) -> float:
    """When the only mark so far was made, in the audit's seconds."""
    [file] = (box.audits / "entrance").iterdir()
    [mark] = read_audit(file).marks
    return mark.t


def test_marks_and_counts_are_scored_and_kept_at_the_end(browser: Browser, box: SetUpBox) -> None:
    with a_page(browser, box) as page:
        begun(page)
        page.keyboard.press("1")
        expect(page.locator("#last li")).to_have_count(1)
        told(box, ("in", marked_s(box)), ("out", marked_s(box)))
        assert "1 told" not in page.content()
        page.locator("#finish").click()
        outcome = page.locator("#outcome")
        expect(outcome).to_contain_text(
            "You saw 1, the counter told 2; 1 are the same", timeout=30_000
        )
        expect(outcome).to_contain_text("Recall 100.0 %")
    camera = box.drawings.settings("entrance")
    last = LastAudit(box.audits, camera)
    audited = last.news()
    assert audited is not None
    assert (audited.total.seen, audited.total.told, audited.live) == (1, 2, True)
    assert last.id(RULE, NETWORK) == audited.audit
    [file] = (box.audits / "entrance").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    audit = read_audit(file)
    assert [each.leads for each in audit.told] == [True, True]
    assert b"JFIF" not in file.read_bytes()


def test_nothing_can_be_pressed_before_the_first_picture_nor_while_none_comes(
    browser: Browser, box: SetUpBox
) -> None:
    """A mark is one of the picture that is shown; the page says what it waits for."""
    box.views.dark.add("entrance")
    with a_visitor(browser, locale="en-US") as visitor:
        page = visitor.new_page()
        page.goto(f"{box.url}/setup")
        enter_pin(page, PIN)
        page.goto(f"{box.url}/setup/cameras/entrance/audit")
        begin, way, clock = (
            page.locator("#begin"),
            page.locator(".way").first,
            page.locator("#clock"),
        )
        expect(page.locator("#blind")).to_be_visible()
        expect(begin).to_be_disabled()
        box.views.dark.clear()
        begin.click(timeout=30_000)
        expect(way).to_be_enabled(timeout=30_000)
        expect(clock).to_have_text("The audit is running")
        box.views.dark.add("entrance")
        expect(clock).to_have_text("Waiting for a picture …", timeout=30_000)
        expect(way).to_be_disabled()
        page.keyboard.press("1")
        box.views.dark.clear()
        expect(way).to_be_enabled(timeout=30_000)
        page.keyboard.press("2")
        expect(page.locator("#last li")).to_have_count(1)
        expect(page.locator("#last li")).to_contain_text("Out")
        expect(page.locator("#problem")).to_be_hidden()


def test_the_first_mark_is_of_a_picture_that_was_shown_after_the_beginning(
    browser: Browser, box: SetUpBox
) -> None:
    """Whoever presses as soon as they can is refused nothing."""
    with a_page(browser, box) as page:
        page.evaluate(
            """() => new MutationObserver((_, observer) => {
                const way = document.querySelector(".way:enabled");
                if (way) observer.disconnect();
                way?.click();
            }).observe(document.getElementById("sides"), { attributes: true, subtree: true })"""
        )
        page.locator("#begin").click()
        expect(page.locator("#last li").first).to_be_visible(timeout=30_000)
        expect(page.locator("#problem")).to_be_hidden()


def test_a_mark_of_a_moment_that_was_not_shown_is_refused_and_the_page_says_why(
    browser: Browser, box: SetUpBox
) -> None:
    with a_page(browser, box, forgiven=["422"]) as page:
        begun(page)
        page.evaluate("send('mark', { t: shown.at - 1000, line: 'door', direction: 'in' })")
        expect(page.locator("#problem")).to_contain_text("no picture of that moment")
        expect(page.locator("#last li")).to_have_count(0)


def test_an_audit_in_which_a_line_was_moved_says_nothing(browser: Browser, box: SetUpBox) -> None:
    with a_page(browser, box) as page:
        begun(page)
        page.keyboard.press("1")
        expect(page.locator("#last li")).to_have_count(1)
        moved = DrawnLine("door", (0.4, 0.1), (0.4, 0.9))
        box.wish("entrance", CameraWish(drawing=Drawing([moved])))
        page.locator("#finish").click()
        expect(page.locator("#outcome")).to_contain_text("says nothing of the counts")
    assert not (box.audits / "entrance.json").exists()


def test_who_opens_the_page_again_goes_on_with_the_audit_that_runs(
    browser: Browser, box: SetUpBox
) -> None:
    with a_page(browser, box) as page:
        begun(page)
        page.keyboard.press("2")
        expect(page.locator("#last li")).to_have_count(1)
        page.reload()
        expect(page.locator("#last li")).to_have_count(1)
        expect(page.locator("#finish")).to_be_enabled()


def test_nothing_is_noted_before_it_has_begun_nor_without_the_pin(
    browser: Browser, box: SetUpBox
) -> None:
    with a_page(browser, box) as page:
        expect(page.locator(".way").first).to_be_disabled()
        page.keyboard.press("1")
        expect(page.locator("#last li")).to_have_count(0)
    assert not box.audits.exists()
    with a_visitor(browser) as stranger:
        place = f"{box.url}/setup/cameras/entrance/audit"
        assert stranger.request.get(f"{place}/picture").status == 403
        assert stranger.request.get(place, max_redirects=0).status == 303
        assert stranger.request.post(f"{place}/begin").status == 403


def test_a_camera_that_nobody_watches_cannot_be_audited(browser: Browser, box: SetUpBox) -> None:
    with a_visitor(browser, locale="en-US") as visitor:
        page = visitor.new_page()
        page.goto(f"{box.url}/setup")
        enter_pin(page, PIN)
        page.goto(f"{box.url}/setup/cameras/back/audit")
        page.locator("#begin").click()
        expect(page.locator("#problem")).to_contain_text("could not begin", timeout=20_000)


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_it_is_usable_on_a_desk_and_on_a_phone_in_both_languages(
    browser: Browser, box: SetUpBox, locale: str, size: tuple[int, int]
) -> None:
    with a_page(browser, box, locale, size) as page:
        begun(page)
        page.locator(".way").last.click()
        expect(page.locator("#last li")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        expect(page.locator("#watched")).to_contain_text("1")
