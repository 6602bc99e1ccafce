"""The status page in a real browser: what a store manager reads, and that it stays true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.quiet_page import DESK, a_quiet_page
from tests.simulators.agent_status import a_status, a_troubled_status
from tests.simulators.status_box import StatusBox, a_status_box

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = (390, 844)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StatusBox]:
    with a_status_box(tmp_path_factory.mktemp("box"), guide=True) as box:
        yield box


@pytest.fixture
def box(running: StatusBox) -> StatusBox:
    running.status = a_status()
    return running


@contextmanager
def a_page(
    browser: Browser,
    box: StatusBox,
    *,
    locale: str = "zh-CN",
    size: tuple[int, int] = DESK,
    script: bool = True,
) -> Iterator[Page]:
    """The page, which may neither complain on its console nor ask anybody but the box."""
    with a_quiet_page(
        browser, f"{box.url}/status", locale=locale, size=size, script=script
    ) as page:
        yield page


def test_a_manager_reads_that_all_is_well_and_the_page_follows_the_agent(
    browser: Browser, box: StatusBox
) -> None:
    with a_page(browser, box) as page:
        headline = page.get_by_role("heading", level=1)
        expect(headline).to_have_text("一切正常")
        expect(page.locator("#owed")).to_have_text("0")
        expect(page.locator(".alarms")).to_have_count(0)
        page.evaluate("window.still = true")
        box.status = a_troubled_status()
        expect(headline).to_have_text("需要处理：3 个警报", timeout=30_000)
        expect(page.get_by_role("status")).to_have_text("需要处理：3 个警报")
        expect(page.locator(".alarms li").first).to_contain_text("收银机写下的数据还在原处等待")
        expect(page.locator("#owed")).to_have_text("48,982")
        expect(page.get_by_role("table")).to_contain_text("48,210")
        assert page.evaluate("window.still"), "the page was not loaded anew"


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_it_is_readable_on_a_desk_and_on_a_phone_in_both_languages(
    browser: Browser, box: StatusBox, locale: str, size: tuple[int, int]
) -> None:
    box.status = a_troubled_status()
    with a_page(browser, box, locale=locale, size=size) as page:
        said = {"zh-CN": "销售数据已经存不下了", "en-US": "No room is left for sales"}[locale]
        expect(page.get_by_text(said)).to_be_visible()
        expect(page.get_by_role("meter")).to_have_count(3)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        names = page.eval_on_selector_all(
            "meter", "all => all.map(each => each.getAttribute('aria-labelledby'))"
        )
        assert all(page.locator(f"#{name}").count() == 1 for name in names)


def test_without_script_the_page_loads_itself_anew(browser: Browser, box: StatusBox) -> None:
    with a_page(browser, box, locale="en-US", script=False) as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("All is well")
        refresh = page.locator("meta[http-equiv=refresh]")
        expect(refresh).to_have_attribute("content", "15")


def test_a_guide_finds_the_page_and_the_way_back(browser: Browser, box: StatusBox) -> None:
    with a_page(browser, box, locale="en-US") as page:
        page.locator(".brand").click()
        page.get_by_role("link", name="Status of this device").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("All is well")
        page.get_by_role("link", name="中文").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("一切正常")
