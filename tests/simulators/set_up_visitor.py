"""Somebody who has the set-up page open while the box counts: like a browser, without drawing it.

It enters the PIN, asks for one picture after the other, listens to the figures, tries another line
and proposes it. What it got is kept here, in the test's memory, and nowhere else.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, Final, Self

import httpx

_PATIENCE_S: Final = 30.0


class SetUpVisitor:
    """Looks at one camera from ``__enter__`` to ``__exit__``.

    Attributes:
        pictures: what was served.
        told: the lines of the stream of figures.
        troubles: answers that no healthy page gives.
    """

    def __init__(self, url: str, camera: str, pin: str, sketch: dict[str, Any]) -> None:
        self._browser = httpx.Client(
            base_url=url, headers={"Origin": url, "Accept-Language": "en"}, timeout=_PATIENCE_S
        )
        self._place = f"/setup/cameras/{camera}"
        self._pin, self._sketch = pin, sketch
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=each, daemon=True) for each in (self._watch, self._listen)
        ]
        self.pictures: list[bytes] = []
        self.told: list[str] = []
        self.troubles: list[str] = []

    def __enter__(self) -> Self:
        entered = self._browser.post("/setup/enter", data={"pin": self._pin})
        assert entered.status_code == 303, entered.text
        assert self._browser.get(self._place).status_code == 200
        for what in ("trial", "proposal"):
            answer = self._browser.post(f"{self._place}/{what}", json=self._sketch)
            assert answer.json() == {"problems": []}, answer.text
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(_PATIENCE_S)
        self._browser.close()

    def _watch(self) -> None:
        while not self._over.is_set():
            answer = self._browser.get(f"{self._place}/still")
            if answer.status_code == 200:
                self.pictures.append(answer.content)
                if answer.headers["cache-control"] != "no-store":
                    self.troubles.append("a browser may keep what it was shown")
            elif answer.status_code != 503:  # 503: just now the camera shows none
                self.troubles.append(f"{answer.status_code} {answer.text[:200]}")
                return

    def _listen(self) -> None:
        with self._browser.stream("GET", f"{self._place}/live") as stream:
            for line in stream.iter_lines():
                self.told.append(line)
                if self._over.is_set():
                    return
