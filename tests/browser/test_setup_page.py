"""The set-up page in a real browser: drawn with mouse, finger and keys, and counted at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from models.wire.drawing import CameraWish
from tests.browser.chromium import a_visitor
from tests.browser.doors import enter_pin
from tests.browser.quiet_page import DESK, PHONE, a_quiet_page
from tests.simulators.processes import eventually
from tests.simulators.set_up_box import PIN, SetUpBox, a_set_up_box

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[SetUpBox]:
    with a_set_up_box(tmp_path) as box:
        yield box


@contextmanager
def a_page(
    browser: Browser,
    box: SetUpBox,
    *,
    locale: str = "en-US",
    size: tuple[int, int] = DESK,
    touch: bool = False,
) -> Iterator[Page]:
    """The page of the first camera, which may neither complain nor ask anybody but the box."""
    with a_quiet_page(browser, f"{box.url}/setup", locale=locale, size=size, touch=touch) as page:
        enter_pin(page, PIN)
        expect(page.locator(".shape-row")).to_have_count(1)
        yield page


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """A share of the picture as a point of the window."""
    page.locator("#stage").scroll_into_view_if_needed()
    area = page.locator("#stage").bounding_box()
    assert area is not None
    return area["x"] + x * area["width"], area["y"] + y * area["height"]


def tried(box: SetUpBox) -> tuple[float, ...]:
    """Where the first line ends that the camera was asked last to count at."""
    _, drawn, *_ = box.views.asked[-1]
    assert drawn is not None
    return drawn.line[0].end


def test_a_line_drawn_with_the_mouse_counts_at_once_and_is_proposed(
    browser: Browser, box: SetUpBox
) -> None:
    with a_page(browser, box) as page:
        page.get_by_role("button", name="Draw a line").click()
        page.mouse.move(*place(page, 0.3, 0.2))
        page.mouse.down()
        page.mouse.move(*place(page, 0.32, 0.5))
        page.mouse.move(*place(page, 0.34, 0.8))
        page.mouse.up()
        drawn = page.locator(".shape-row").nth(1)
        expect(drawn.get_by_label("Name")).to_have_value("door-2")
        expect(drawn.locator("output")).to_have_text(re.compile(r"[1-9]\d* in · \d+ out"))
        drawn.get_by_label("Name").fill("side-door")
        drawn.get_by_label("Kind").select_option("passing")
        page.get_by_role("button", name="Propose to head office").click()
        expect(page.get_by_text("Proposed. The camera counts as before")).to_be_visible()
    proposal = box.drawings.report()["camera.entrance"].proposal
    assert proposal is not None
    door, side = proposal.drawing.line
    assert (door.name, side.name, side.kind) == ("door", "side-door", "passing")
    assert side.begin == pytest.approx((0.3, 0.2), abs=0.01)
    assert side.end == pytest.approx((0.34, 0.8), abs=0.01)
    assert [line.name for line in box.drawings.in_force("entrance").line] == ["door"]


def test_an_end_dragged_with_a_finger_moves_the_line_and_begins_its_counts_anew(
    browser: Browser, box: SetUpBox
) -> None:
    with a_page(browser, box, size=PHONE, touch=True) as page:
        expect(page.locator("output").first).to_have_text(re.compile(r"[1-9]"))
        finger = page.context.new_cdp_session(page)

        def touch(kind: str, *at: tuple[float, float]) -> None:
            points = [{"x": x, "y": y} for x, y in at]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        start, scrolled = place(page, 0.5, 0.9), page.evaluate("scrollY")
        touch("touchStart", start)
        touch("touchMove", place(page, 0.6, 0.7))
        touch("touchMove", place(page, 0.7, 0.6))
        touch("touchEnd")
        expect(page.get_by_label("door, End, From left, %")).to_have_value(re.compile(r"^70\."))
        expect(page.get_by_label("door, End, From top, %")).to_have_value(re.compile(r"^60\."))
        assert page.evaluate("scrollY") == scrolled
        assert eventually(lambda: tried(box) == pytest.approx((0.7, 0.6), abs=0.02))


def test_a_zone_is_drawn_and_shaped_without_a_mouse(browser: Browser, box: SetUpBox) -> None:
    with a_page(browser, box) as page:
        page.get_by_role("button", name="Draw a zone").press("Enter")
        page.keyboard.press("Enter")
        handle = page.get_by_role("button", name=re.compile("^zone, Corner 1,"))
        expect(handle).to_be_focused()
        for key in ("ArrowLeft", "ArrowLeft", "Shift+ArrowUp"):
            page.keyboard.press(key)
        expect(page.get_by_label("zone, Corner 1, From left, %")).to_have_value("37.0")
        expect(page.get_by_label("zone, Corner 1, From top, %")).to_have_value("30.0")
        zone = page.locator(".shape-row.of-zone")
        zone.get_by_role("button", name="Add a corner").press("Enter")
        expect(zone.locator("tbody tr")).to_have_count(5)
        page.get_by_label("zone, Corner 5, From left, %").fill("20")
        zone.get_by_label("Kind").select_option("queue")
        expect(zone.locator("output")).to_have_text("1 inside now")
        page.get_by_role("button", name="Propose to head office").press("Enter")
        expect(page.locator("#standing")).to_contain_text("Proposed")
    proposal = box.drawings.report()["camera.entrance"].proposal
    assert proposal is not None
    [zone_told] = proposal.drawing.zone
    assert (zone_told.kind, len(zone_told.corners)) == ("queue", 5)
    assert zone_told.corners[4] == pytest.approx((0.2, 0.475), abs=0.001)


def test_what_an_excluded_zone_and_a_staff_area_do_is_shown(
    browser: Browser, box: SetUpBox
) -> None:
    with a_page(browser, box) as page:
        page.get_by_role("button", name="Draw a zone").press("Enter")
        page.keyboard.press("Enter")
        zone = page.locator(".shape-row.of-zone")
        zone.get_by_label("Kind").select_option("excluded")
        expect(zone.locator("output")).to_have_text("1 left out now")
        expect(page.locator(".people rect.left-out")).to_have_count(1)
        expect(page.locator(".people rect.followed")).to_have_count(0)
        zone.get_by_label("Kind").select_option("staff")
        expect(zone.locator("output")).to_have_text("1 staff in view")
        expect(page.locator(".people rect.followed.staff")).to_have_count(1)
        expect(page.locator(".people text.staff")).to_have_text("staff")
        door = page.locator(".shape-row.of-line output")
        expect(door).to_have_text(re.compile(r"[1-9]\d* in · \d+ out, [1-9]\d* of them staff"))


def test_what_is_wrong_is_said_beside_the_shape_and_nothing_is_proposed(
    browser: Browser, box: SetUpBox
) -> None:
    with a_page(browser, box) as page:
        page.get_by_label("Name").fill("Front Door")
        said = page.locator(".shape-row .problem")
        expect(said).to_contain_text("The name Front Door does not do")
        page.get_by_role("button", name="Propose to head office").click()
        expect(said).to_be_visible()
        page.get_by_label("Name").fill("front")
        expect(said).to_be_hidden()
        page.get_by_role("button", name="Remove").click()
        expect(page.locator("#problem")).to_contain_text("Nothing counts yet")
    assert box.drawings.standing("entrance").word == "none"


def test_swapping_turns_the_way_that_counts_as_in(browser: Browser, box: SetUpBox) -> None:
    with a_page(browser, box) as page:
        page.get_by_role("button", name="Swap in and out").click()
        expect(page.get_by_label("door, Begin, From top, %")).to_have_value("90.0")
        page.get_by_role("button", name="Propose to head office").click()
        expect(page.locator("#standing")).to_contain_text("Proposed")
    proposal = box.drawings.report()["camera.entrance"].proposal
    assert proposal is not None
    assert proposal.drawing.line[0].begin == (0.5, 0.9)


def test_the_answer_of_head_office_reaches_the_open_page(browser: Browser, box: SetUpBox) -> None:
    with a_page(browser, box) as page:
        page.get_by_role("button", name="Propose to head office").click()
        expect(page.locator("#standing")).to_contain_text("Proposed")
        box.wish("entrance", CameraWish(answered="proposal-1", reason="the door is left of it"))
        refused = "Refused by head office: the door is left of it"
        expect(page.locator("#standing")).to_have_text(refused)


def test_a_camera_without_pictures_says_so(browser: Browser, box: SetUpBox) -> None:
    with a_page(browser, box) as page:
        expect(page.locator("#blind")).to_be_hidden()
        page.get_by_role("link", name="back").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Camera back")
        expect(page.locator("#blind")).to_be_hidden()
    box.views.dark.add("entrance")
    with a_visitor(browser, locale="zh-CN") as visitor:
        page = visitor.new_page()
        page.goto(f"{box.url}/setup")
        enter_pin(page, PIN)
        expect(page.locator("#blind")).to_have_text("没有画面。摄像头：连接不上")


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_it_is_usable_on_a_desk_and_on_a_phone_in_both_languages(
    browser: Browser, box: SetUpBox, locale: str, size: tuple[int, int]
) -> None:
    with a_page(browser, box, locale=locale, size=size, touch=size is PHONE) as page:
        expect(page.locator(".people rect")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        low = page.eval_on_selector_all(
            "main button, main input, main select",
            "all => all.filter(each => each.getBoundingClientRect().height < 36).length",
        )
        assert low == 0
        # The page never reads what it paints; who does, reads a copy that is made for reading.
        page.wait_for_function("""() => {
            const canvas = document.createElement("canvas");
            const copy = canvas.getContext("2d", { willReadFrequently: true });
            copy.drawImage(document.getElementById("still"), 0, 0);
            return copy.getImageData(5, 5, 1, 1).data[3] === 255;
        }""")
