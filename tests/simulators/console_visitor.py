"""Somebody whose browser runs no scripts: follows redirects, keeps cookies, fills in forms."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Self

import httpx

PASSWORD = "correct horse battery"


class ConsoleVisitor:
    """One profile. ``open`` and ``send`` return the page that is seen in the end."""

    def __init__(self, url: str, language: str = "en") -> None:
        self.http = httpx.Client(
            base_url=url, follow_redirects=True, headers={"Accept-Language": language}, timeout=30
        )
        self.page = httpx.Response(200)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    @property
    def at(self) -> str:
        """The path of the page that is seen."""
        return self.page.url.path

    def open(self, path: str, **query: str) -> httpx.Response:
        """Go somewhere."""
        self.page = self.http.get(path, params=query)
        return self.page

    def send(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of the page that is seen, with the token that is written in it."""
        return self.send_raw(path, {"form_token": self.form_token, **fields})

    def send_raw(self, path: str, fields: dict[str, str]) -> httpx.Response:
        """Send exactly these fields."""
        self.page = self.http.post(path, data=fields)
        return self.page

    @property
    def form_token(self) -> str:
        """The token in the page that is seen; empty when there is no form."""
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.page.text)
        return found[1] if found else ""

    def set_up(self, code: str, password: str = PASSWORD) -> httpx.Response:
        """The first visit."""
        self.open("/")
        return self.send("/console/set-up", code=code, password=password, again=password)

    def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        """Any later visit."""
        self.open("/console/sign-in")
        return self.send("/console/sign-in", password=password)

    def figure(self, name: str) -> str:
        """A figure of the day that is seen."""
        found = re.search(rf'data-figure="{name}">([^<]*)<', self.page.text)
        return found[1] if found else ""
