"""The console in a real browser: from the set-up code to sales that appear while one watches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cloud.ingest.alarms import AlarmKind
from cloud.ingest.alarms.deciding import Place, Sign, Trouble
from models.wire.birth import Birth
from models.wire.events.device import CameraState, Heartbeat, StreamDepth
from tests.browser.chromium import a_visitor
from tests.simulators.clocks import RunningClock
from tests.simulators.console_visitor import PASSWORD
from tests.simulators.facts import NOON, SHANGHAI, SHOP, a_minute, a_sale, an_unwatched_minute
from tests.simulators.whole_cloud import WholeCloud

pytestmark = pytest.mark.browser

PHONE = "+8613787655678"
DAY = "2026-11-22"
TODAY = f"/console/today?store=demo/sh-0001&day={DAY}"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path, clock=RunningClock(NOON + timedelta(hours=9))) as made:
        made.open_store()
        made.enrol()
        yield made


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """A page that fails the test when the browser complains: a script's error, a blocked file."""
    with a_visitor(browser, locale="en-GB") as context:
        opened = context.new_page()
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on(
            "console",
            lambda said: complaints.append(said.text) if "Content Security" in said.text else None,
        )
        opened.goto(url)
        yield opened
        assert complaints == []


def sign_in(cloud: WholeCloud, page: Page) -> None:
    cloud.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
    page.goto(page.url.partition("/console")[0] + "/console/sign-in")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/console/today"))


def live(page: Page) -> None:
    expect(page.get_by_role("status").first).to_have_text("Live")


def test_from_the_set_up_code_to_a_sale_that_appears_by_itself(
    cloud: WholeCloud, page: Page
) -> None:
    code = cloud.door.prepare({})
    assert code is not None
    page.reload()
    page.get_by_label("Set-up code").fill(code.lower())
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password, again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("link", name="Devices").click()
    expect(page.get_by_role("row", name=SHOP.device)).to_contain_text("Not heard of yet")
    page.goto(page.url.replace("/console/devices", TODAY))
    live(page)
    cloud.sell(a_sale(1, total_minor=1250, phone=PHONE, family_name="王"))
    expect(page.locator("[data-figure=sales]")).to_have_text("1")
    expect(page.get_by_role("row", name="¥12.50")).to_be_visible()
    cloud.sell(a_sale(2, total_minor=400))
    expect(page.locator("[data-figure=net]")).to_have_text("¥16.50")
    expect(page.locator("tr.arrived")).to_have_count(1)
    expect(page.locator("svg rect.bar-box")).to_have_count(1)


def test_people_at_the_door_appear_by_themselves(cloud: WholeCloud, page: Page) -> None:
    cloud.sell(a_sale(1))
    sign_in(cloud, page)
    page.goto(page.url.replace("/console/today", TODAY))
    live(page)
    expect(page.get_by_text("Conversion")).to_have_count(0)
    noon = [a_minute(NOON + timedelta(minutes=n), ingress=4, egress=3) for n in range(10)]
    cloud.count(*noon)
    expect(page.locator("[data-figure=visitors]")).to_have_text("40")
    expect(page.locator("[data-figure=conversion]")).to_have_text("2.5 %")
    expect(page.locator("svg .came")).to_have_count(1)
    page.locator("summary", has_text="By camera").click()
    cloud.count(an_unwatched_minute(NOON + timedelta(minutes=10)))
    row = page.get_by_role("row", name="doorstep")
    expect(row).to_contain_text("No picture 1 min")  # the opened table stayed open


def test_hours_of_both_drawings_stand_below_each_other(cloud: WholeCloud, page: Page) -> None:
    for hour in (1, 3, 8):
        at = NOON.astimezone(SHANGHAI) + timedelta(hours=hour)
        cloud.sell(a_sale(hour, end_at=at))
        cloud.count(a_minute(at, ingress=hour))
    cloud.count(an_unwatched_minute(NOON + timedelta(hours=2)))
    sign_in(cloud, page)
    page.goto(page.url.replace("/console/today", TODAY))
    middles: list[list[float]] = page.evaluate(
        """() => [...document.querySelectorAll("svg.doors g")].map((hour) =>
             [...hour.querySelectorAll(".bar-box, .veil, .hour")].map((each) => {
               const box = each.getBoundingClientRect();
               return box.left + box.width / 2;
             }))"""
    )
    assert len(middles) == 8
    for places in middles:
        assert max(places) - min(places) < 1.5
    expect(page.locator("svg .veil").first).to_have_css("fill", 'url("#unwatched")')


def test_device_comes_online_while_one_watches(cloud: WholeCloud, page: Page) -> None:
    sign_in(cloud, page)
    page.get_by_role("link", name="Devices").click()
    live(page)
    row = page.get_by_role("row", name=SHOP.device)
    birth = Birth(birth="b", bootid="boot", agent_version="0.1.0", started_at="", epochs=[])
    cloud.registry.born(SHOP, birth, cloud.clock.now())
    expect(row).to_contain_text("Online")
    cloud.beat(
        Heartbeat(uptime_s=1, streams=[StreamDepth(stream="sale", pending=12, oldest_age_s=3600)])
    )
    expect(row).to_contain_text("Sales 12")
    expect(row).to_contain_text("1 h")


def test_alarms_are_counted_in_the_head_of_every_live_page_and_can_be_acknowledged(
    cloud: WholeCloud, page: Page
) -> None:
    sign_in(cloud, page)
    page.get_by_role("link", name="Devices").click()
    live(page)
    counted = page.locator("[data-alarms]")
    expect(counted).to_be_hidden()
    clone = Trouble(SHOP.device, Place.of(SHOP), {"epoch": "9f31c2d0", "owner": SHOP.device}, 1)
    cloud.alarms.look([Sign(AlarmKind.CLONED_DISK, [clone])])
    expect(counted).to_have_text("1")
    page.get_by_role("link", name="Alarms: 1").click()
    expect(page.get_by_role("listitem", name=re.compile("disk was copied"))).to_be_visible()
    page.get_by_role("button", name="I know of it").click()
    expect(page.get_by_role("heading", name="No alarms")).to_be_visible()
    expect(counted).to_be_hidden()


def test_paused_page_stands_still_until_it_is_let_go(cloud: WholeCloud, page: Page) -> None:
    sign_in(cloud, page)
    page.goto(page.url.replace("/console/today", TODAY))
    live(page)
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status").first).to_have_text("Paused")
    cloud.sell(a_sale(1))
    page.wait_for_timeout(900)  # more than a look of the stream: nothing must happen in it
    expect(page.locator("[data-figure=sales]")).to_have_text("0")
    pause.click()
    expect(page.locator("[data-figure=sales]")).to_have_text("1")
    live(page)


def test_page_polls_while_the_stream_is_away(cloud: WholeCloud, page: Page) -> None:
    sign_in(cloud, page)
    page.route("**/stream", lambda route: route.abort())
    page.goto(page.url.replace("/console/today", TODAY))
    expect(page.get_by_role("status").first).to_have_text("Every 5 seconds")
    cloud.sell(a_sale(1))
    expect(page.locator("[data-figure=sales]")).to_have_text("1", timeout=30_000)


def test_opened_table_and_focus_survive_an_update(cloud: WholeCloud, page: Page) -> None:
    cloud.sell(a_sale(1, phone=PHONE))
    sign_in(cloud, page)
    page.goto(page.url.replace("/console/today", TODAY))
    live(page)
    page.get_by_text("As a table").click()
    page.get_by_role("link", name="Open card").focus()
    cloud.sell(a_sale(2))
    expect(page.locator("[data-figure=sales]")).to_have_text("2")
    expect(page.locator("#hours-table")).to_be_visible()
    expect(page.get_by_role("link", name="Open card")).to_be_focused()


def test_everything_can_be_reached_by_keyboard(cloud: WholeCloud, page: Page) -> None:
    cloud.sell(a_sale(1, phone=PHONE, family_name="王"))
    sign_in(cloud, page)
    page.goto(page.url.partition("/console")[0] + "/console/members")
    expect(page.get_by_label("Number")).to_be_focused()
    page.keyboard.type("13787655678")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="王*")).to_be_visible()
    assert "1378" not in page.url
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Find another member")).to_be_focused()


def test_language_is_changed_with_one_click(cloud: WholeCloud, page: Page) -> None:
    sign_in(cloud, page)
    page.get_by_role("link", name="Devices").click()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="设备", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Devices", level=1)).to_be_visible()


def test_ended_session_leads_back_to_the_door(cloud: WholeCloud, page: Page) -> None:
    sign_in(cloud, page)
    page.goto(page.url.replace("/console/today", TODAY))
    live(page)
    cloud.password.forget()
    cloud.sell(a_sale(1))
    expect(page).to_have_url(re.compile("/console/set-up"))


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_page_is_wider_than_the_screen(
    cloud: WholeCloud, browser: Browser, url: str, width: int
) -> None:
    cloud.sell(a_sale(1, phone=PHONE, family_name="王"))
    hours = [NOON + timedelta(hours=n) for n in range(-4, 9)]
    cloud.count(*(a_minute(hour, ingress=1234, egress=1) for hour in hours))
    states = ("watching", "starting", "lost", "stalled", "refused", "ended")
    cameras = [
        CameraState(name=f"door-{state}", state=state, since_s=90_000, sampled_fps=5)
        for state in states
    ]
    cloud.beat(Heartbeat(uptime_s=1, streams=[], cameras=cameras))
    cloud.arrive(b"not a batch")
    cloud.lookout.look()
    cloud.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
    with a_visitor(browser, locale="en-GB", width=width, dark=True) as context:
        page = context.new_page()
        page.goto(f"{url}/console/sign-in")
        pages = [f"/console/{name}" for name in ("members", "devices", "alarms", "dead-letters")]
        pages.append(TODAY)
        assert fits(page)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/console/today"))
        for path in pages:
            page.goto(f"{url}{path}")
            assert fits(page), path
        page.goto(f"{url}{TODAY}")
        for summary in page.locator("summary").all():
            summary.click()
        assert fits(page)
        page.get_by_role("link", name="Open card").click()
        page.wait_for_url("**/console/members/*")
        assert fits(page)


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways, boxes made for it excepted.

    Of a page that is there: a click on a link returns before the next one has a document.
    """
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    room: int = page.evaluate("document.documentElement.clientWidth")
    return wide <= room


def test_console_works_without_scripts(cloud: WholeCloud, browser: Browser, url: str) -> None:
    cloud.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    try:
        page = context.new_page()
        page.goto(url)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        cloud.sell(a_sale(1))
        page.goto(f"{url}{TODAY}")
        expect(page.locator("[data-figure=sales]")).to_have_text("1")
        expect(page.get_by_role("button", name="Pause")).to_be_hidden()
        page.get_by_label("Business day").fill("2026-11-21")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("[data-figure=sales]")).to_have_text("0")
    finally:
        context.close()
