"""What both pages stand on: which requests of strangers are let in, and which files are served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Scope

from models.web.assets import Assets
from models.web.guard import Guard, follows_a_link, reads

OWN = {"sec-fetch-site": "same-origin"}
STRANGER = {"sec-fetch-site": "cross-site"}
NEIGHBOUR = {"sec-fetch-site": "same-site"}
LINK = {**STRANGER, "sec-fetch-mode": "navigate"}


def asked(
    method: str, headers: dict[str, str], strangers_may: Callable[[Scope], bool]
) -> httpx.Response:
    guarded = httpx.ASGITransport(Guard(PlainTextResponse("ours"), strangers_may))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=guarded, base_url="http://page") as browser:
            return await browser.request(method, "/", headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("method", "headers", "where_strangers_read", "where_they_follow_links"),
    [
        ("POST", {}, 200, 200),
        ("POST", OWN, 200, 200),
        ("GET", LINK, 200, 200),
        ("GET", STRANGER, 200, 403),
        ("GET", NEIGHBOUR, 200, 403),
        ("POST", LINK, 403, 403),
        ("POST", NEIGHBOUR, 403, 403),
    ],
)
def test_strangers_may_do_what_the_page_allows_them(
    method: str, headers: dict[str, str], where_strangers_read: int, where_they_follow_links: int
) -> None:
    assert asked(method, headers, reads).status_code == where_strangers_read
    assert asked(method, headers, follows_a_link).status_code == where_they_follow_links


@pytest.mark.parametrize("headers", [OWN, STRANGER], ids=["answer", "refusal"])
def test_every_answer_forbids_foreign_scripts_frames_and_caches(headers: dict[str, str]) -> None:
    answer = asked("POST", headers, reads)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


def test_files_of_a_page_are_served_and_nothing_beside_them(tmp_path: Path) -> None:
    for name in ("page.css", "live.js", "mark.svg", "page.css~", "secret.toml"):
        (tmp_path / name).write_bytes(b"content")
    assets = Assets.load(tmp_path, "/static")
    served = {name: assets.answer(name) for name in ("page.css", "live.js", "mark.svg")}
    assert {name: answer and answer.media_type for name, answer in served.items()} == {
        "page.css": "text/css; charset=utf-8",
        "live.js": "text/javascript; charset=utf-8",
        "mark.svg": "image/svg+xml",
    }
    for name in ("page.css~", "secret.toml", "../secret.toml", ""):
        assert assets.answer(name) is None


def test_address_of_a_file_changes_with_its_content(tmp_path: Path) -> None:
    addresses = set()
    for content in (b"one", b"other"):
        (tmp_path / "page.css").write_bytes(content)
        addresses.add(Assets.load(tmp_path, "/console/static").url("page.css"))
    assert len(addresses) == 2
    assert all(address.startswith("/console/static/page.css?v=") for address in addresses)
