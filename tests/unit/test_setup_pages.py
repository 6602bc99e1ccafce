"""The doors of the set-up page: this box alone, who knows the PIN alone, our own page alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from agent.tablet.paint import Paint
from agent.tablet.screen import LineScreen, Moment
from agent.tablet.setup.door import Door, Manners
from agent.tablet.setup.pages import SetupPages, SetupParts
from models.web.assets import Assets
from tests.simulators.set_up_box import PIN, SetUpBox, a_set_up_box

LINE = LineScreen(online=True, since=Moment("today", ""))
ENTRANCE = "/setup/cameras/entrance"
SKETCH: dict[str, Any] = {
    "line": [{"name": "door", "begin": [0.3, 0.1], "end": [0.3, 0.9]}],
    "trial": 3,
}
GUARDED = (ENTRANCE, f"{ENTRANCE}/still", f"{ENTRANCE}/live")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SetUpBox]:
    manners = Manners(idle_s=600, longest_s=3600)
    with a_set_up_box(tmp_path_factory.mktemp("box"), manners=manners) as box:
        yield box


@pytest.fixture
def browser(box: SetUpBox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=box.url, headers={"Origin": box.url}, timeout=30) as browser:
        yield browser


@pytest.fixture
def inside(browser: httpx.Client) -> httpx.Client:
    answer = browser.post("/setup/enter", data={"pin": PIN})
    assert answer.status_code == 303
    return browser


def test_the_page_asks_for_the_pin_and_shows_nothing_before(browser: httpx.Client) -> None:
    page = browser.get("/setup")
    assert page.status_code == 200
    assert 'name="pin"' in page.text
    assert "entrance" not in page.text
    assert browser.get(ENTRANCE).status_code == 303
    assert browser.get(f"{ENTRANCE}/still").status_code == 403
    assert browser.get(f"{ENTRANCE}/live").status_code == 204
    for post in ("trial", "proposal"):
        assert browser.post(f"{ENTRANCE}/{post}", json=SKETCH).status_code == 403


def test_without_a_pin_it_says_how_to_set_one(tmp_path: Path) -> None:
    with a_set_up_box(tmp_path, pin="") as box:
        page = httpx.get(f"{box.url}/setup", timeout=30)
    assert "lianke-agent cameras pin" in page.text
    assert 'name="pin"' not in page.text


def test_a_wrong_pin_opens_nothing_and_soon_nobody_may_try(tmp_path: Path) -> None:
    with (
        a_set_up_box(tmp_path) as box,
        httpx.Client(base_url=box.url, headers={"Origin": box.url}, timeout=30) as browser,
    ):
        codes = [browser.post("/setup/enter", data={"pin": "0"}).status_code for _ in range(4)]
        assert codes == [403, 403, 403, 429]
        assert "setup" not in browser.cookies
        assert browser.post("/setup/enter", data={"pin": PIN}).status_code == 429
        box.clock.move(2.5)
        assert browser.post("/setup/enter", data={"pin": PIN}).status_code == 303


def test_the_cookie_is_for_this_page_and_no_script(browser: httpx.Client) -> None:
    cookie = browser.post("/setup/enter", data={"pin": PIN}).headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/setup"))
    assert "Max-Age" not in cookie
    assert "expires" not in cookie


def test_a_picture_is_a_jpeg_that_nobody_keeps(inside: httpx.Client) -> None:
    still = inside.get(f"{ENTRANCE}/still")
    assert still.headers["content-type"] == "image/jpeg"
    assert still.headers["cache-control"] == "no-store"
    assert still.content.startswith(b"\xff\xd8\xff")
    assert float(still.headers["at"]) > 0


def test_figures_come_as_events_without_a_pixel(inside: httpx.Client) -> None:
    heard = events(inside, 6)
    figures = [msgspec.json.decode(data) for name, data in heard if name == ""]
    assert heard[0][0] == "standing"
    assert len(figures) == 5
    assert figures[0]["people"][0][0] == 1
    assert all(set(each["counts"]) == {"door"} for each in figures)
    assert figures[0]["at_s"] < figures[-1]["at_s"]


def test_what_is_drawn_is_tried_at_once_and_the_camera_is_left_alone(
    inside: httpx.Client, box: SetUpBox
) -> None:
    before = box.drawings.in_force("entrance")
    assert inside.post(f"{ENTRANCE}/trial", json=SKETCH).json() == {"problems": []}
    inside.get(f"{ENTRANCE}/still")
    _, drawn, trial, picture = box.views.asked[-1]
    assert drawn is not None
    assert (drawn.line[0].begin, trial, picture) == ((0.3, 0.1), 3, True)
    assert box.drawings.in_force("entrance") == before


def test_a_proposal_that_is_not_whole_is_not_made(inside: httpx.Client, box: SetUpBox) -> None:
    answer = inside.post("/setup/cameras/back/proposal", json={"line": [{"name": "A B"}]})
    assert answer.json()["problems"]
    assert box.drawings.standing("back").word == "none"


def test_a_whole_one_is(inside: httpx.Client, box: SetUpBox) -> None:
    assert inside.post(f"{ENTRANCE}/proposal", json=SKETCH).json() == {"problems": []}
    assert box.drawings.standing("entrance").word == "proposed"


@pytest.mark.parametrize("path", ["/setup", *GUARDED])
def test_under_another_name_nothing_is_answered(
    inside: httpx.Client, box: SetUpBox, path: str
) -> None:
    """A page of any site can have its own name lead to the loopback (DNS rebinding)."""
    port = urlsplit(box.url).port
    for host in (f"shop.example:{port}", "192.168.1.20", f"127.0.0.1.nip.io:{port}"):
        assert inside.get(path, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize("what", ["trial", "proposal"])
def test_another_page_of_this_browser_posts_nothing(
    inside: httpx.Client, what: str, headers: dict[str, str]
) -> None:
    assert inside.post(f"{ENTRANCE}/{what}", json=SKETCH, headers=headers).status_code == 403


def test_a_form_of_another_page_cannot_pass_for_a_sketch(inside: httpx.Client) -> None:
    answer = inside.post(
        f"{ENTRANCE}/trial",
        content=msgspec.json.encode(SKETCH),
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"", b"[]", b'{"line": 3}', b'{"line": ["x"]}', b"\xff"])
def test_what_is_no_sketch_is_refused(inside: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = inside.post(f"{ENTRANCE}/trial", content=body, headers=headers)
    assert answer.status_code == 400


def test_a_sketch_beyond_all_bounds_is_not_read(inside: httpx.Client) -> None:
    sketch = {"line": [{"name": "x" * 20_000}]}
    assert inside.post(f"{ENTRANCE}/trial", json=sketch).status_code == 413


def test_a_camera_that_is_not_there_is_not_found(inside: httpx.Client) -> None:
    assert inside.get("/setup/cameras/elsewhere").status_code == 404


def test_who_left_sees_nothing_any_more(inside: httpx.Client) -> None:
    inside.post("/setup/leave")
    assert inside.get(f"{ENTRANCE}/still").status_code == 403


def test_an_open_stream_ends_with_the_visit(inside: httpx.Client, box: SetUpBox) -> None:
    with inside.stream("GET", f"{ENTRANCE}/live") as stream:
        lines = stream.iter_lines()
        assert any(line.startswith("data: {") for line in lines)
        box.clock.move(700)
        assert "event: ended" in list(lines)
    assert inside.get(f"{ENTRANCE}/still").status_code == 403


@pytest.mark.parametrize("client", ["192.168.1.5", "10.0.0.1", "fe80::1"])
@pytest.mark.parametrize("path", ["/setup", *GUARDED])
def test_from_any_other_address_nothing_is_answered(box: SetUpBox, path: str, client: str) -> None:
    """The server listens on the loopback alone; should it ever do more, this page does not."""
    parts = SetupParts(Door(box.pin, box.clock, bytes), box.views, box.drawings)
    pages = SetupPages(parts, Paint(Assets("/static", {}), {}), lambda _words: LINE)
    transport = httpx.ASGITransport(Starlette(routes=pages.routes()), client=(client, 5000))

    async def ask() -> int:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
            return (await browser.get(path)).status_code

    assert asyncio.run(ask()) == 403


def events(browser: httpx.Client, many: int) -> list[tuple[str, str]]:
    """The first events of a stream: name and data."""
    heard: list[tuple[str, str]] = []
    name = ""
    with browser.stream("GET", f"{ENTRANCE}/live") as stream:
        for line in stream.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                heard.append((name, line.removeprefix("data: ")))
                name = ""
            if len(heard) == many:
                break
    return heard
