"""Pulling asks one source after the other, says why each failed, and asks none in vain."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.errors import BadConfiguration, NetworkMismatch, NetworkUnavailable
from agent.networks import NetworkCache
from agent.networks.folder import FolderSource
from agent.networks.meter import Meter
from agent.networks.part import Part
from agent.networks.port import Source, SourceFailed
from agent.networks.pull import Pull
from agent.networks.release import Patience, ReleaseSource
from agent.networks.sources import sources_of
from models.vision.manifest import Network, read_manifest
from tests.simulators import known_networks

BEST, SPARE = b"the best network", b"a spare network!"
MANIFEST = known_networks.manifest(
    known_networks.network(BEST, "best"), known_networks.network(SPARE, "spare")
)


@dataclass
class Shelf:
    """A source that has some networks, and remembers what it was asked for."""

    name: str
    has: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def write(self, network: Network, part: Part) -> None:
        self.asked.append(network.name)
        if network.name not in self.has:
            raise SourceFailed("it is sold out")
        part.append(self.has[network.name])


@pytest.fixture
def cache(tmp_path: Path) -> NetworkCache:
    return NetworkCache(tmp_path / "models", MANIFEST)


def pull(cache: NetworkCache, *far: Source, near: Sequence[Source] = ()) -> Pull:
    return Pull(cache, near, lambda _network: far)


def test_the_first_source_that_has_a_network_gives_it(cache: NetworkCache) -> None:
    empty, full, never = Shelf("empty"), Shelf("full", {"best": BEST}), Shelf("never")
    pulled = pull(cache, empty, full, never).one("best")
    assert (pulled.installed.file.read_bytes(), pulled.origin) == (BEST, "full")
    assert (empty.asked, full.asked, never.asked) == (["best"], ["best"], [])


def test_what_is_here_is_not_asked_for_again(cache: NetworkCache) -> None:
    shelf = Shelf("shelf", {"best": BEST, "spare": SPARE})
    pull(cache, shelf).every()
    asked = shelf.asked.copy()
    again = pull(cache, shelf)
    assert [each.origin for each in again.every()] == ["", ""]
    assert (again.one("spare").origin, again.first().origin) == ("", "")
    assert shelf.asked == asked


def test_a_damaged_file_is_replaced(cache: NetworkCache) -> None:
    shelf = Shelf("shelf", {"best": BEST})
    file = pull(cache, shelf).one("best").installed.file
    file.write_bytes(BEST.upper())
    assert pull(cache, shelf).one("best").origin == "shelf"
    assert file.read_bytes() == BEST


def test_any_network_means_the_preferred_one_from_all_its_sources_first(
    cache: NetworkCache,
) -> None:
    upstream, registry = Shelf("upstream", {"best": BEST}), Shelf("registry", {"spare": SPARE})
    assert pull(cache, registry, upstream).first().installed.network.name == "best"


def test_any_network_means_the_next_one_when_nobody_has_the_preferred(cache: NetworkCache) -> None:
    upstream, registry = Shelf("upstream"), Shelf("registry", {"spare": SPARE})
    assert pull(cache, upstream, registry).first().installed.network.name == "spare"
    assert (upstream.asked, registry.asked) == (["best", "spare"], ["best", "spare"])


def test_one_that_is_here_spares_asking_far_away_but_not_looking_into_a_folder(
    cache: NetworkCache,
) -> None:
    far, near = Shelf("far", {"spare": SPARE}), Shelf("near")
    pull(cache, far).one("spare")
    far.asked.clear()
    assert pull(cache, far, near=[near]).first().installed.network.name == "spare"
    assert (far.asked, near.asked) == ([], ["best"])
    near.has["best"] = BEST
    assert pull(cache, far, near=[near]).first().installed.network.name == "best"


def test_when_nobody_can_give_it_every_source_is_named_with_its_reason(cache: NetworkCache) -> None:
    with pytest.raises(NetworkUnavailable) as failed:
        pull(cache, Shelf("upstream"), Shelf("registry")).first()
    first, *reasons, step = str(failed.value).splitlines()
    assert first == "no source could give a network"
    assert reasons == [
        "  best from upstream: it is sold out",
        "  best from registry: it is sold out",
        "  spare from upstream: it is sold out",
        "  spare from registry: it is sold out",
    ]
    assert "lianke-agent models pull --from FOLDER" in step


def test_wrong_bytes_are_one_source_s_failure_and_ask_for_a_person(cache: NetworkCache) -> None:
    forger, honest = Shelf("forger", {"best": BEST.upper()}), Shelf("honest", {"best": BEST})
    assert pull(cache, forger, honest).one("best").origin == "honest"
    cache.find("best").file.unlink()
    with pytest.raises(NetworkMismatch, match=r"best from forger: .*expected SHA-256"):
        pull(cache, forger, Shelf("empty")).one("best")


def test_all_networks_are_tried_even_when_one_cannot_be_had(cache: NetworkCache) -> None:
    with pytest.raises(NetworkUnavailable, match="no source could give best"):
        pull(cache, Shelf("registry", {"spare": SPARE})).every()
    assert cache.find("spare").file.read_bytes() == SPARE


def test_an_unknown_network_is_a_fault_of_whoever_named_it(cache: NetworkCache) -> None:
    with pytest.raises(BadConfiguration, match="'worst'"):
        pull(cache).one("worst")


def test_a_folder_gives_a_network_under_any_name(cache: NetworkCache, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(SPARE)
    (tmp_path / "Kopie von best (2).onnx").write_bytes(BEST)
    (tmp_path / "other.onnx").write_bytes(BEST.upper())
    pulled = pull(cache, near=[FolderSource(tmp_path)]).every()
    assert [each.installed.file.read_bytes() for each in pulled] == [BEST, SPARE]


def test_a_folder_with_a_forgery_says_what_is_wrong_with_it(
    cache: NetworkCache, tmp_path: Path
) -> None:
    (tmp_path / "best.onnx").write_bytes(BEST.upper())
    with pytest.raises(NetworkMismatch, match=r"best\.onnx is not best: expected SHA-256"):
        pull(cache, near=[FolderSource(tmp_path)]).one("best")


@pytest.mark.parametrize(
    ("folder", "reason"), [("", "no file in it has these bytes"), ("gone", "there is no such")]
)
def test_a_folder_without_it_says_so(
    cache: NetworkCache, tmp_path: Path, folder: str, reason: str
) -> None:
    with pytest.raises(NetworkUnavailable, match=f"best from folder .*{reason}"):
        pull(cache, near=[FolderSource(tmp_path / folder)]).one("best")


def test_the_manifest_s_sources_are_asked_in_its_order() -> None:
    patience = Patience(random=lambda: 0.0, sleep=lambda _: None, monotonic=lambda: 0.0)
    meter = Meter(io.StringIO(), lambda: 0.0)
    for network in read_manifest().networks:
        sources = sources_of(network, patience, meter)
        assert [source.name.split()[0] for source in sources] == [
            "release" if isinstance(source, ReleaseSource) else "npm" for source in sources
        ]
        assert len(sources) == len(network.sources)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_bar_that_is_redrawn_now_and_then() -> None:
    now, terminal = iter([0.0, 0.1, 0.3, 0.31]), Terminal()
    meter = Meter(terminal, lambda: next(now))
    for done in (0, 1_000_000, 2_000_000, 4_000_000):
        meter.at("best", done, 4_000_000)
    drawn = terminal.getvalue().split("\r")
    assert drawn[1:] == [
        f"best [{'':30}]   0% 0.0 of 4.0 MB",
        f"best [{'#' * 15:30}]  50% 2.0 of 4.0 MB",
        f"best [{'#' * 30}] 100% 4.0 of 4.0 MB\n",
    ]


def test_a_log_gets_a_line_in_ten_seconds_and_one_at_the_end() -> None:
    now, log = iter([0.0, 5.0, 10.0, 10.1]), io.StringIO()
    meter = Meter(log, lambda: next(now))
    for done in (1_000_000, 2_000_000, 3_000_000, 4_000_000):
        meter.at("best", done, 4_000_000)
    meter.note("done")
    assert log.getvalue().splitlines() == [
        "best: 25%, 1.0 of 4.0 MB",
        "best: 75%, 3.0 of 4.0 MB",
        "best: 100%, 4.0 of 4.0 MB",
        "done",
    ]
