"""People who audit, without a browser: one on the set-up page's live view, one over a clip.

What they were shown is kept in the test's memory, and nowhere else.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self

import httpx

_PATIENCE_S: Final = 30.0
_NO_PICTURE: Final = 503


class LiveAuditor:
    """Audits one camera on the set-up page, from ``begin`` to ``finish``.

    Attributes:
        pictures: what was served.
    """

    def __init__(self, url: str, camera: str, pin: str) -> None:
        self._browser = httpx.Client(
            base_url=url, headers={"Origin": url, "Accept-Language": "en"}, timeout=_PATIENCE_S
        )
        self._pin = pin
        self._place = f"/setup/cameras/{camera}/audit"
        self.pictures: list[bytes] = []

    def __enter__(self) -> Self:
        entered = self._browser.post("/setup/enter", data={"pin": self._pin})
        assert entered.status_code == 303, entered.text
        assert self._browser.get(self._place).status_code == 200
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._browser.close()

    def begin(self) -> None:
        """Begin the audit."""
        self._post("begin")

    def watch(self, pictures: int) -> float:
        """Look at so many; the time of the last one, by the camera's clock."""
        at_s = 0.0
        while pictures > 0:
            answer = self._browser.get(f"{self._place}/picture")
            if answer.status_code != _NO_PICTURE:
                assert answer.headers["cache-control"] == "no-store"
                self.pictures.append(answer.content)
                at_s, pictures = float(answer.headers["at"]), pictures - 1
        return at_s

    def mark(self, line: str, direction: str, at_s: float) -> None:
        """Somebody crossed."""
        self._post("mark", {"t": at_s, "line": line, "direction": direction})

    def finish(self) -> str:
        """End it; what the page says then."""
        return str(self._post("finish")["text"])

    def _post(self, what: str, said: dict[str, Any] | None = None) -> Any:
        answer = self._browser.post(f"{self._place}/{what}", json=said)
        assert answer.status_code == 200, f"{what}: {answer.status_code} {answer.text}"
        return answer.json()


def audit_a_clip(address: str, marks: list[tuple[float, str, str]], pictures: int) -> list[bytes]:
    """Watch a clip that ``lianke-agent audit record`` serves, mark, and finish.

    Args:
        address: as the command printed it.
        marks: when which line was crossed which way, in seconds of the clip.
        pictures: how many to watch, from the first one on.

    Returns:
        What was shown.
    """
    url = address.partition("/open/")[0]
    with httpx.Client(
        base_url=url, headers={"Origin": url}, timeout=_PATIENCE_S, follow_redirects=True
    ) as browser:
        assert browser.get(address).status_code == 200
        shown = [browser.get("/picture", params={"number": each}) for each in range(pictures)]
        assert {(each.status_code, each.headers["cache-control"]) for each in shown} == {
            (200, "no-store")
        }
        for at_s, line, direction in marks:
            said = {"t": at_s, "line": line, "direction": direction}
            assert browser.post("/mark", json=said).status_code == 200
        assert browser.post("/finish").status_code == 200
        return [each.content for each in shown]
