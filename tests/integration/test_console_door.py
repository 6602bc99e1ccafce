"""The console's door as a visitor meets it: set-up, sign-in, forged forms, languages, headers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.console_visitor import PASSWORD, ConsoleVisitor
from tests.simulators.whole_cloud import WholeCloud

PAGES = (
    "/console/today",
    "/console/devices",
    "/console/dead-letters",
    "/console/members",
    "/console/members/00000000-0000-4000-8000-000000000000",
)
PARTS = (
    "/console/today/live?store=demo/sh-0001&day=2026-11-22",
    "/console/devices/live",
    "/console/today/stream",
    "/console/devices/stream",
)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.open_store()
        yield made


@pytest.fixture
def url(cloud: WholeCloud) -> Iterator[str]:
    with cloud.served() as address:
        yield address


@pytest.fixture
def visitor(url: str) -> Iterator[ConsoleVisitor]:
    with ConsoleVisitor(url) as made:
        yield made


@pytest.fixture
def code(cloud: WholeCloud) -> str:
    made = cloud.door.prepare({})
    assert made is not None
    return made


def test_first_visitor_is_asked_for_the_code_and_comes_in_with_it(
    visitor: ConsoleVisitor, code: str
) -> None:
    visitor.open("/")
    assert visitor.at == "/console/set-up"
    visitor.set_up(code)
    assert visitor.at == "/console/today"


def test_wrong_code_and_differing_passwords_are_told(visitor: ConsoleVisitor, code: str) -> None:
    page = visitor.set_up("AAAA-BBBB-CCCC")
    assert (page.status_code, "not the set-up code" in page.text) == (403, True)
    page = visitor.send("/console/set-up", code=code, password=PASSWORD, again="another one")
    assert (page.status_code, "not the same" in page.text) == (422, True)
    page = visitor.send("/console/set-up", code=code, password="short", again="short")
    assert (page.status_code, "at least 10" in page.text) == (422, True)
    assert PASSWORD not in page.text
    assert visitor.send(
        "/console/set-up", code=code, password=PASSWORD, again=PASSWORD
    ).url.path == ("/console/today")


def test_set_up_page_is_gone_once_there_is_a_password(
    visitor: ConsoleVisitor, code: str, url: str
) -> None:
    visitor.set_up(code)
    with ConsoleVisitor(url) as second:
        second.open("/console/set-up")
        assert second.at == "/console/sign-in"
        second.send("/console/set-up", code=code, password="a second one", again="a second one")
        assert second.at == "/console/sign-in"
        assert second.sign_in(PASSWORD).url.path == "/console/today"


def test_password_from_the_environment_opens_the_door(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
    assert visitor.sign_in().url.path == "/console/today"


def test_wrong_password_is_told_and_soon_costs_time(
    visitor: ConsoleVisitor, cloud: WholeCloud, code: str, url: str
) -> None:
    visitor.set_up(code)
    with ConsoleVisitor(url) as guesser:
        for _ in range(5):
            page = guesser.sign_in("wrong password")
            assert (page.status_code, "not the password" in page.text) == (403, True)
        page = guesser.sign_in(PASSWORD)
        assert (page.status_code, "Try again in 2 s" in page.text) == (429, True)
        cloud.hand.move(2)
        assert guesser.sign_in(PASSWORD).url.path == "/console/today"


def test_nobody_sees_a_page_without_signing_in(
    visitor: ConsoleVisitor, code: str, url: str
) -> None:
    visitor.set_up(code)
    with ConsoleVisitor(url) as stranger:
        for path in PAGES:
            stranger.open(path)
            assert stranger.at == "/console/sign-in", path
        for path in PARTS:
            answer = stranger.http.get(path, headers={"X-Lianke-Live": "1"})
            assert answer.status_code == 401, path


def test_signing_out_ends_the_session_for_good(visitor: ConsoleVisitor, code: str) -> None:
    visitor.set_up(code)
    kept = dict(visitor.http.cookies)
    visitor.send("/console/sign-out")
    assert visitor.at == "/console/sign-in"
    visitor.http.cookies.update(kept)
    visitor.open("/console/today")
    assert visitor.at == "/console/sign-in"


def test_signing_in_replaces_the_cookie_of_the_first_visit(
    visitor: ConsoleVisitor, code: str
) -> None:
    visitor.open("/")
    before = visitor.http.cookies["lianke_session"]
    visitor.set_up(code)
    assert visitor.http.cookies["lianke_session"] != before


def test_session_ends_by_itself_while_nobody_looks(
    visitor: ConsoleVisitor, cloud: WholeCloud, code: str
) -> None:
    visitor.set_up(code)
    for _ in range(8):
        cloud.hand.move(1000)
        answer = visitor.http.get("/console/devices/live", headers={"X-Lianke-Live": "1"})
    assert answer.status_code == 401
    visitor.open("/console/today")
    assert visitor.at == "/console/sign-in"


@pytest.mark.parametrize(
    "path", ["/console/sign-out", "/console/members", "/console/language", "/console/sign-in"]
)
def test_form_without_our_token_changes_nothing(
    visitor: ConsoleVisitor, code: str, path: str
) -> None:
    visitor.set_up(code)
    for token in ("", "0" * 64, "é"):
        fields = {"form_token": token, "language": "zh", "number": "1", "password": PASSWORD}
        page = visitor.send_raw(path, fields)
        assert page.status_code == 403
        assert "out of date" in page.text
    visitor.open("/console/today")
    assert visitor.at == "/console/today"


def test_form_from_another_browser_changes_nothing(
    visitor: ConsoleVisitor, code: str, url: str
) -> None:
    visitor.set_up(code)
    with ConsoleVisitor(url) as other:
        other.open("/console/sign-in")
        stolen = other.form_token
    page = visitor.send_raw("/console/sign-out", {"form_token": stolen})
    assert page.status_code == 403


def test_form_sent_by_another_site_is_refused_even_with_the_token(
    visitor: ConsoleVisitor, code: str
) -> None:
    visitor.set_up(code)
    for site in ("cross-site", "same-site"):
        answer = visitor.http.post(
            "/console/sign-out",
            data={"form_token": visitor.form_token},
            headers={"Sec-Fetch-Site": site},
        )
        assert answer.status_code == 403


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    visitor: ConsoleVisitor, code: str
) -> None:
    visitor.http.follow_redirects = False
    first = visitor.open("/console/set-up").headers["set-cookie"]
    second = visitor.set_up(code).headers.get("set-cookie", "")
    for cookie in (first, second):
        if cookie:
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
            assert "Path=/console" in cookie


def test_every_answer_forbids_foreign_scripts_frames_and_caches(
    visitor: ConsoleVisitor, code: str
) -> None:
    visitor.set_up(code)
    for path in (*PAGES, "/console/nowhere", PARTS[0]):
        headers = visitor.open(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


def test_pages_hold_no_inline_script_or_style(visitor: ConsoleVisitor, code: str) -> None:
    visitor.set_up(code)
    for path in PAGES:
        text = visitor.open(path).text
        assert "<script>" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "http://" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_assets_may_be_kept_for_ever_and_nothing_else_is_served(visitor: ConsoleVisitor) -> None:
    style = visitor.open("/console/static/console.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "immutable" in style.headers["cache-control"]
    for name in ("app.py", "..%2fapp.py", "../app.py", "console.css.map"):
        assert visitor.open(f"/console/static/{name}").status_code == 404


def test_language_is_the_browser_s_until_another_is_chosen(url: str, code: str) -> None:
    with ConsoleVisitor(url, "fr, zh-TW;q=0.9, en;q=0.5") as visitor:
        assert 'lang="zh-Hans"' in visitor.open("/").text
        page = visitor.send("/console/language", language="en", back="/console/set-up")
        assert (visitor.at, 'lang="en"' in page.text) == ("/console/set-up", True)
        visitor.set_up(code)
        assert 'lang="en"' in visitor.page.text
        visitor.send("/console/language", language="zh", back="/console/devices")
        assert (visitor.at, 'lang="zh-Hans"' in visitor.page.text) == ("/console/devices", True)


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/console//evil", "/console/\\evil", ""]
)
def test_choosing_a_language_leads_to_no_other_site(
    visitor: ConsoleVisitor, code: str, back: str
) -> None:
    visitor.set_up(code)
    visitor.send("/console/language", language="zh", back=back)
    assert visitor.at == "/console/today"


def test_unreadable_address_and_form_are_pages_too(visitor: ConsoleVisitor, code: str) -> None:
    visitor.set_up(code)
    assert visitor.open("/console/today", day="yesterday").status_code == 400
    assert visitor.open("/console/members/13787655678").status_code == 400
    assert "13787655678" not in visitor.page.text
    assert visitor.open("/console/nowhere").status_code == 404
    visitor.open("/console/today")
    assert visitor.send("/console/language", language="fr").status_code == 400
    visitor.open("/console/members")
    assert visitor.send("/console/members", number="7" * 20_000).status_code == 413
