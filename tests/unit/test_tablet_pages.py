"""The page over HTTP: found, masked, guarded, and friendly when it cannot help."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
import structlog

from agent.tablet import Limits, LineState
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON, a_sale
from tests.simulators.guide_tablet import Tablet, a_tablet
from tests.simulators.shop_cards import (
    LI,
    OTHER_PHONE,
    PHONE,
    a_card,
    a_delta,
    a_purchase,
    a_tombstone,
    id_of,
)

SECRETS = ("13916825678", "小明", "8800001234")


@pytest.fixture(scope="module")
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, clock: HandClock) -> Iterator[Tablet]:
    """One server for all tests here, since stopping one takes longer than most of them."""
    with a_tablet(tmp_path_factory.mktemp("t"), clock, Limits(searches_per_minute=5)) as tablet:
        yield tablet


@pytest.fixture
def tablet(running: Tablet, clock: HandClock) -> Tablet:
    clock.move(60)  # whoever searched too often may search again
    running.line.state = LineState(online=True, since=NOON)
    running.replica.forget()
    running.replica.apply(a_delta(1, a_card(purchases=[a_purchase()])))
    return running


@pytest.fixture
def guide(tablet: Tablet) -> Iterator[httpx.Client]:
    headers = {"Accept-Language": "zh-CN"}
    with httpx.Client(
        base_url=tablet.url, headers=headers, follow_redirects=True, verify=False, timeout=30
    ) as client:
        yield client


def search(guide: httpx.Client, number: str, surname: str = "") -> httpx.Response:
    return guide.post("/search", data={"number": number, "surname": surname})


def test_the_first_page_asks_for_a_number(guide: httpx.Client) -> None:
    page = guide.get("/")
    assert page.status_code == 200
    assert 'lang="zh-Hans"' in page.text
    assert "静安寺店" in page.text
    assert page.text.count('label for="') == 2


def test_a_phone_number_leads_to_the_masked_card(guide: httpx.Client) -> None:
    page = search(guide, "139 1682 5678")
    assert page.status_code == 200
    assert re.fullmatch(r"/views/[A-Za-z0-9_-]{22}", page.url.path)
    assert "王*" in page.text
    assert "139****5678" in page.text
    assert "¥1,234.50" in page.text
    assert "伊利纯牛奶 250ml、全麦面包" in page.text
    assert not [secret for secret in SECRETS if secret in page.text]


def test_details_are_shown_on_request_and_masked_again(
    guide: httpx.Client, clock: HandClock
) -> None:
    view = search(guide, PHONE).url.path
    with structlog.testing.capture_logs() as logged:
        shown = guide.post(f"{view}/show")
    assert not [secret for secret in SECRETS if secret not in shown.text]
    assert shown.headers["Refresh"] == "21"
    assert [line for line in logged if line["event"] == "member_details_shown"] == [
        {
            "event": "member_details_shown",
            "log_level": "info",
            "reason": "guide_asked",
            "seconds": 20.0,
        }
    ]
    clock.move(20)
    assert "小明" not in guide.get(view).text
    guide.post(f"{view}/show")
    assert "小明" not in guide.post(f"{view}/hide").text


def test_several_fits_are_a_masked_list(tablet: Tablet, guide: httpx.Client) -> None:
    tablet.replica.apply(a_delta(2, a_card(LI, phone=OTHER_PHONE, given_name="丽华", cards=[])))
    page = search(guide, "5678", "王")
    assert "找到 2 位会员" in page.text
    assert "137****5678" in page.text
    assert "丽华" not in page.text
    choices = re.findall(r'<li><a href="(/views/[^"]+)">', page.text)
    assert len(set(choices)) == 2
    assert "王*" in guide.get(choices[0]).text


@pytest.mark.parametrize(
    ("number", "surname", "status", "says"),
    [
        ("", "", 422, "请输入"),
        ("5678", "", 422, "姓氏"),
        ("13900000000", "", 404, "没有找到"),
        ("5678", "李", 404, "没有找到"),
        ("<script>alert(1)</script>", "", 404, "没有找到"),
    ],
)
def test_a_search_that_finds_nobody_says_what_to_do(
    guide: httpx.Client, number: str, surname: str, status: int, says: str
) -> None:
    page = search(guide, number, surname)
    assert page.status_code == status
    assert says in page.text
    assert 'role="alert"' in page.text
    assert "<script>alert" not in page.text


def test_too_many_searches_have_to_wait(guide: httpx.Client, clock: HandClock) -> None:
    for n in range(5):
        assert search(guide, f"1390000000{n}").status_code == 404
    refused = search(guide, PHONE)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "61")
    assert "请稍等" in refused.text
    clock.move(60)
    assert search(guide, PHONE).status_code == 200


def test_a_search_leaves_no_trace_of_whom(guide: httpx.Client) -> None:
    with structlog.testing.capture_logs() as logged:
        page = search(guide, PHONE)
    assert {"event": "member_searched", "log_level": "info", "found": 1, "by_last_four": False} in (
        logged
    )
    assert not [secret for secret in SECRETS if secret in str(logged)]
    assert page.history[0].headers["Cache-Control"] == "no-store"


def test_a_provisional_card_says_that_it_is_one(tablet: Tablet, guide: httpx.Client) -> None:
    sale = a_sale(1, phone=OTHER_PHONE)
    tablet.replica.lay_over(sale, id_of(sale), NOON)
    page = search(guide, OTHER_PHONE)
    assert "临时会员卡" in page.text
    assert f'data-sale="{id_of(sale)}" data-confirmed="false"' in page.text


def test_the_line_to_the_cloud_is_shown(tablet: Tablet, guide: httpx.Client) -> None:
    assert "已连接云端" in guide.get("/").text
    tablet.line.state = LineState(online=False, since=NOON)
    assert "今天 12:00 起离线" in guide.get("/").text


def test_the_language_is_chosen_once(guide: httpx.Client) -> None:
    assert "Find a member" in guide.get("/?language=en").text
    assert "Member card" in search(guide, PHONE).text
    assert "查找会员" in guide.get("/?language=zh").text
    assert "查找会员" in guide.get("/?language=xx").text


def test_the_browsers_language_is_the_first_choice(tablet: Tablet) -> None:
    page = httpx.get(tablet.url, headers={"Accept-Language": "en-GB"}, timeout=30)
    assert 'lang="en"' in page.text


def test_a_card_that_is_gone_leads_back_to_the_search(tablet: Tablet, guide: httpx.Client) -> None:
    view = search(guide, PHONE).url.path
    tablet.replica.apply(a_tombstone(2))
    for path in (view, "/views/made-up", "/nothing"):
        page = guide.get(path)
        assert page.status_code == 404
        assert "重新查找" in page.text
    assert guide.post("/views/made-up/show").status_code == 404
    assert guide.get("/views/made-up/live").status_code == 204


def test_an_opened_search_address_leads_to_the_form(guide: httpx.Client) -> None:
    assert guide.get("/search").url.path == "/"


def test_a_flood_of_text_is_refused(guide: httpx.Client) -> None:
    assert search(guide, "1" * 5_000).status_code == 413


def test_text_that_is_not_utf8_is_only_text(guide: httpx.Client) -> None:
    assert guide.post("/search", content=b"number=\xff\xfe&x=%ff").status_code == 404


@pytest.mark.parametrize("path", ["/", "/nothing", "/static/guide.css", "/healthz"])
def test_every_answer_is_guarded(guide: httpx.Client, path: str) -> None:
    headers = guide.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "server" not in headers


def test_pages_are_never_cached_and_files_for_ever(guide: httpx.Client) -> None:
    page = guide.get("/")
    assert page.headers["Cache-Control"] == "no-store"
    style = re.search(r'href="(/static/guide\.css\?v=[0-9a-f]{12})"', page.text)
    assert style
    assert "immutable" in guide.get(style[1]).headers["Cache-Control"]
    assert guide.get("/static/../server.py").status_code == 404


def test_no_page_needs_inline_script_or_style(guide: httpx.Client) -> None:
    for page in (guide.get("/"), search(guide, PHONE)):
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page.text)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8090", "192.168.1.5", ""])
def test_a_foreign_host_name_is_refused(tablet: Tablet, host: str) -> None:
    answer = httpx.get(tablet.url, headers={"Host": host}, timeout=30)
    assert answer.status_code == 400
    assert "连客" not in answer.text


def test_what_a_foreign_sites_page_sends_is_refused(guide: httpx.Client) -> None:
    foreign, own = {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-origin"}
    link = {**foreign, "Sec-Fetch-Mode": "navigate"}
    number = {"number": PHONE}
    assert guide.post("/search", data=number, headers=foreign).status_code == 403
    assert guide.post("/search", data=number, headers=link).status_code == 403
    assert guide.get("/live", headers=foreign).status_code == 403
    assert guide.get("/", headers=link).status_code == 200
    assert guide.post("/search", data=number, headers=own).status_code == 200


def test_health_names_no_member(guide: httpx.Client) -> None:
    assert guide.get("/healthz").json() == {"status": "ok", "cards_through": 1}
