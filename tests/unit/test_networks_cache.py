"""The cache hands out nothing but networks whose bytes were just verified."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import (
    BadConfiguration,
    DiskUnusable,
    NetworkMismatch,
    NetworkMissing,
    NetworkUnavailable,
)
from agent.networks import NetworkCache, Standing, default_folder
from agent.networks.part import Part
from tests.simulators import known_networks

BEST, SPARE = b"the best network", b"a spare network!"
MANIFEST = known_networks.manifest(
    known_networks.network(BEST, "best"), known_networks.network(SPARE, "spare")
)
PREFERRED, SECOND = MANIFEST.networks


def writing(*pieces: bytes) -> Callable[[Part], None]:
    def write(part: Part) -> None:
        for piece in pieces:
            part.append(piece)

    return write


@pytest.fixture
def cache(tmp_path: Path) -> NetworkCache:
    return NetworkCache(tmp_path / "models", MANIFEST)


def put(cache: NetworkCache, name: str, content: bytes) -> Path:
    cache.folder.mkdir(exist_ok=True)
    file = cache.folder / cache.network(name).file
    file.write_bytes(content)
    return file


def names(cache: NetworkCache) -> list[str]:
    return sorted(path.name for path in cache.folder.iterdir())


def test_the_preferred_network_is_found_when_it_is_here(cache: NetworkCache) -> None:
    put(cache, "spare", SPARE)
    file = put(cache, "best", BEST)
    assert (cache.find().network, cache.find().file) == (PREFERRED, file)
    assert cache.find("spare").network is SECOND


def test_without_the_preferred_network_another_one_does(cache: NetworkCache) -> None:
    put(cache, "spare", SPARE)
    assert cache.find().network is SECOND
    with pytest.raises(NetworkMissing, match="holds no best: run lianke-agent models pull best"):
        cache.find("best")


def test_an_empty_or_absent_folder_says_how_to_fill_it(cache: NetworkCache) -> None:
    with pytest.raises(NetworkMissing, match=r"holds no network: run lianke-agent models pull$"):
        cache.find()
    assert [each.standing for each in cache.contents()] == [Standing.ABSENT] * 2


def test_a_damaged_network_is_never_handed_out(cache: NetworkCache) -> None:
    file = put(cache, "best", BEST.upper())
    for name in ("", "best"):
        with pytest.raises(NetworkMismatch) as refused:
            cache.find(name)
        assert str(file) in str(refused.value)
        assert PREFERRED.sha256[:12] in str(refused.value)
        assert "models pull best" in str(refused.value)


def test_a_sound_network_stands_in_for_a_damaged_one(cache: NetworkCache) -> None:
    put(cache, "best", b"")
    put(cache, "spare", SPARE)
    assert cache.find().network is SECOND
    assert [each.standing for each in cache.contents()] == [Standing.DAMAGED, Standing.SOUND]


def test_something_that_is_no_readable_file_is_damaged(cache: NetworkCache) -> None:
    (cache.folder / PREFERRED.file).mkdir(parents=True)
    assert cache.look(PREFERRED).standing is Standing.DAMAGED


def test_a_name_that_the_manifest_does_not_know_is_a_fault_of_the_configuration(
    cache: NetworkCache,
) -> None:
    with pytest.raises(BadConfiguration, match="no network is called 'worst'"):
        cache.find("worst")


def test_a_network_is_installed_whole_and_readable_by_other_users(cache: NetworkCache) -> None:
    installed = cache.receive(PREFERRED, writing(BEST[:5], BEST[5:]))
    assert installed.file.read_bytes() == BEST
    assert installed.file.stat().st_mode & 0o044 == 0o044
    assert names(cache) == [PREFERRED.file]


def test_other_bytes_are_refused_and_removed_and_the_old_file_stays(cache: NetworkCache) -> None:
    put(cache, "best", BEST)
    with pytest.raises(NetworkMismatch) as refused:
        cache.receive(PREFERRED, writing(BEST.upper()))
    assert PREFERRED.sha256[:12] in str(refused.value)
    assert PREFERRED.sha256 not in str(refused.value)
    assert names(cache) == [PREFERRED.file]
    assert cache.find("best").file.read_bytes() == BEST


def test_bytes_beyond_the_size_are_never_written(cache: NetworkCache) -> None:
    with pytest.raises(NetworkMismatch, match="more than the expected 16 bytes"):
        cache.receive(PREFERRED, writing(BEST, b"!"))
    assert names(cache) == []


def test_what_has_come_outlives_a_failure_and_is_continued(cache: NetworkCache) -> None:
    def breaking(part: Part) -> None:
        part.restart('"one"')
        part.append(BEST[:5])
        raise NetworkUnavailable("the line broke")

    with pytest.raises(NetworkUnavailable, match="the line broke"):
        cache.receive(PREFERRED, breaking)

    def continuing(part: Part) -> None:
        assert (part.size_bytes, part.validator) == (5, '"one"')
        part.append(BEST[5:])

    assert cache.receive(PREFERRED, continuing).file.read_bytes() == BEST
    assert names(cache) == [PREFERRED.file]


def test_a_failure_before_the_first_byte_leaves_nothing_behind(cache: NetworkCache) -> None:
    def failing(_part: Part) -> None:
        raise NetworkUnavailable("nobody is there")

    with pytest.raises(NetworkUnavailable):
        cache.receive(PREFERRED, failing)
    assert names(cache) == []


def test_two_at_once_do_not_write_into_one_another(cache: NetworkCache) -> None:
    def intruding(part: Part) -> None:
        with pytest.raises(NetworkUnavailable, match="another lianke-agent is fetching"):
            cache.receive(PREFERRED, writing(b"intruder"))
        part.append(BEST)

    assert cache.receive(PREFERRED, intruding).file.read_bytes() == BEST


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(DiskUnusable, match=r"file/models: .*unlock this folder"):
        NetworkCache(blocked / "models", MANIFEST).receive(PREFERRED, writing(BEST))


def test_the_folder_is_that_of_the_environment_else_of_the_device_else_of_the_user(
    tmp_path: Path,
) -> None:
    absent = tmp_path / "absent"
    user = {"XDG_CACHE_HOME": "/home/lin/.cache"}
    assert default_folder({"LIANKE_MODELS": "/srv/models"}, tmp_path) == Path("/srv/models")
    assert default_folder({"LIANKE_MODELS": "", **user}, tmp_path) == tmp_path
    assert default_folder(user, absent) == Path("/home/lin/.cache/lianke/models")
    assert default_folder({}, absent) == Path.home() / ".cache/lianke/models"


def test_finding_a_network_loads_nothing_heavy() -> None:
    heavy = "{'numpy', 'onnx', 'onnxruntime', 'cv2', 'requests'} & set(sys.modules)"
    script = f"import sys, agent.networks; print({heavy} or 'light')"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "light"
