"""Downloads over a real socket from servers that are slow, forgetful, wrong or gone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

import pytest
import requests

from agent.errors import NetworkMismatch
from agent.networks import NetworkCache
from agent.networks.port import SourceFailed
from agent.networks.release import Patience, ReleaseSource
from tests.simulators import known_networks
from tests.simulators.release_server import Offer, ReleaseServer

CONTENT = Random(3).randbytes(400_000)
NETWORK = known_networks.network(CONTENT, "best")


@dataclass
class Line:
    """A cache, a server, and what passed between them."""

    cache: NetworkCache
    server: ReleaseServer
    waits_s: list[float] = field(default_factory=list)
    progress: list[int] = field(default_factory=list)
    now_s: float = 0.0

    @property
    def offer(self) -> Offer:
        return self.server.offer

    def note(self, text: str) -> None:
        raise AssertionError(text)

    def at(self, what: str, done_bytes: int, total_bytes: int) -> None:
        assert (what, total_bytes) == ("best", len(CONTENT))
        self.progress.append(done_bytes)

    def source(self, url: str = "", total_s: float = 60.0) -> ReleaseSource:
        patience = Patience(
            random=lambda: 1.0,
            sleep=self.waits_s.append,
            monotonic=self.tick,
            silence_s=20.0,
            total_s=total_s,
        )
        return ReleaseSource(url or self.server.url, patience, self, plain_loopback=True)

    def tick(self) -> float:
        self.now_s += 1.0
        return self.now_s

    def pull(self, url: str = "", total_s: float = 60.0) -> bytes:
        write = partial(self.source(url, total_s).write, NETWORK)
        return self.cache.receive(NETWORK, write).file.read_bytes()

    def files(self) -> list[str]:
        return sorted(path.name for path in self.cache.folder.iterdir())


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with ReleaseServer(CONTENT) as server:
        yield Line(NetworkCache(tmp_path, known_networks.manifest(NETWORK)), server)


def asked_ranges(line: Line) -> list[str]:
    return [request.get("range", "") for request in line.offer.asked]


def begun(line: Line) -> int:
    """Leave the beginning of a download behind, as a process that was killed does."""
    line.offer.breaks = [200_000] * 10
    line.offer.ranges = False
    with pytest.raises(SourceFailed):
        line.pull()
    line.offer.breaks.clear()
    line.offer.ranges = True
    line.offer.asked.clear()
    return (line.cache.folder / ".best.onnx.part").stat().st_size


def test_a_file_is_downloaded_with_progress_and_nothing_is_left_behind(line: Line) -> None:
    assert line.pull() == CONTENT
    assert line.progress == sorted(line.progress)
    assert line.progress[-1] == len(CONTENT)
    assert line.files() == ["best.onnx"]
    assert line.waits_s == []


def test_a_download_that_breaks_goes_on_where_it_stopped(line: Line) -> None:
    line.offer.breaks = [150_000, 140_000]
    assert line.pull() == CONTENT
    first, second, third = asked_ranges(line)
    assert first == ""
    assert 0 < int(second[6:-1]) < int(third[6:-1])
    assert line.offer.asked[2]["if-range"] == '"one"'
    assert len(line.waits_s) == 2


def test_a_download_goes_on_after_the_process_has_died(line: Line) -> None:
    size = begun(line)
    assert size > 0
    assert line.pull() == CONTENT
    assert asked_ranges(line) == [f"bytes={size}-"]


def test_a_server_that_ignores_ranges_is_heard_from_the_beginning(line: Line) -> None:
    begun(line)
    line.offer.ranges = False
    assert line.pull() == CONTENT


def test_a_beginning_of_another_version_is_not_continued(line: Line) -> None:
    begun(line)
    line.offer.etag = '"two"'
    assert line.pull() == CONTENT
    assert len(line.offer.asked) == 1


@pytest.mark.parametrize("etag", ["", 'W/"one"'])
def test_without_a_strong_validator_nothing_is_continued(line: Line, etag: str) -> None:
    line.offer.etag = etag
    line.offer.breaks = [150_000]
    assert line.pull() == CONTENT
    assert asked_ranges(line) == ["", ""]


def test_another_range_than_the_one_asked_for_is_thrown_away(line: Line) -> None:
    begun(line)
    line.offer.wrong_ranges = True
    assert line.pull() == CONTENT
    assert len(line.offer.asked) == 2


def test_a_file_that_shrank_under_our_beginning_is_asked_for_anew(line: Line) -> None:
    begun(line)
    line.offer.content = CONTENT[:10]
    with pytest.raises(SourceFailed, match="it offers 10 bytes where 400000 are expected"):
        line.pull()
    assert line.files() == []


def test_a_server_that_is_busy_is_asked_again_after_a_growing_wait(line: Line) -> None:
    line.offer.failures = 2
    assert line.pull() == CONTENT
    assert line.waits_s == [0.25, 0.5]


def test_a_server_that_stays_busy_is_given_up(line: Line) -> None:
    line.offer.failures = 9
    with pytest.raises(SourceFailed, match="it answers 503 Service Unavailable"):
        line.pull()
    assert len(line.offer.asked) == 3


@pytest.mark.parametrize("status", [404, 403, 410, 206])
def test_a_refusal_is_final(line: Line, status: int) -> None:
    line.offer.status = status
    with pytest.raises(SourceFailed, match=f"it answers {status}"):
        line.pull()
    assert len(line.offer.asked) == 1
    assert line.files() == []


def test_a_server_that_breaks_at_the_same_place_again_and_again_is_given_up(line: Line) -> None:
    line.offer.breaks = [150_000, *[0] * 20]
    with pytest.raises(SourceFailed, match="the connection broke"):
        line.pull()
    assert len(line.offer.asked) == 3


def test_a_body_that_ends_early_without_saying_so_is_not_taken_for_whole(line: Line) -> None:
    line.offer.declared = False
    line.offer.breaks = [100_000]
    assert line.pull() == CONTENT
    line.cache.find("best").file.unlink()
    line.offer.content = CONTENT[:100_000]
    with pytest.raises(SourceFailed, match="it ended after 100000 of 400000 bytes"):
        line.pull()


def test_a_file_of_another_size_is_refused_before_it_comes(line: Line) -> None:
    line.offer.content = CONTENT + b"more"
    with pytest.raises(SourceFailed, match="it offers 400004 bytes where 400000 are expected"):
        line.pull()
    assert line.progress == []


def test_a_body_without_end_is_cut_off_at_the_size_of_the_network(line: Line) -> None:
    line.offer.content = CONTENT * 3
    line.offer.declared = False
    with pytest.raises(NetworkMismatch, match="more than the expected 400000 bytes"):
        line.pull()
    assert max(line.progress) <= len(CONTENT)
    assert line.files() == []


def test_wrong_bytes_of_the_right_size_are_refused_and_forgotten(line: Line) -> None:
    line.offer.content = bytes(reversed(CONTENT))
    with pytest.raises(NetworkMismatch, match=f"expected SHA-256 {NETWORK.sha256[:12]}"):
        line.pull()
    assert line.files() == []
    line.offer.content = CONTENT
    assert line.pull() == CONTENT


def test_a_trickle_ends_too(line: Line) -> None:
    with pytest.raises(SourceFailed, match="not done after 3 s"):
        line.pull(total_s=3.0)


def test_a_redirect_is_followed_to_this_machine_only_in_tests(line: Line) -> None:
    with ReleaseServer(CONTENT) as other:
        line.offer.location = other.url
        assert line.pull() == CONTENT


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://example.com/best.onnx", "leads to http://example.com, which is not HTTPS"),
        ("ftp://127.0.0.1/best.onnx", "leads to ftp://127.0.0.1, which is not HTTPS"),
        ("/file.onnx", "redirects more than 5 times"),
    ],
)
def test_a_redirect_off_https_or_without_end_is_refused(
    line: Line, location: str, reason: str
) -> None:
    line.offer.location = location
    with pytest.raises(SourceFailed, match=reason):
        line.pull()


def test_plain_http_is_refused_unless_a_test_allows_it(line: Line) -> None:
    patience = Patience(random=lambda: 0.0, sleep=line.waits_s.append, monotonic=line.tick)
    source = ReleaseSource(line.server.url, patience, line)
    with pytest.raises(SourceFailed, match="which is not HTTPS"):
        line.cache.receive(NETWORK, partial(source.write, NETWORK))
    assert line.offer.asked == []


def test_a_server_that_is_not_there_is_one_clause(line: Line) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        with pytest.raises(SourceFailed) as failed:
            line.pull(f"http://127.0.0.1:{port}/best.onnx")
    assert str(failed.value) == "it cannot be reached"
    assert isinstance(failed.value.__cause__, requests.ConnectionError)


def test_an_address_that_is_none_is_not_tried_twice(line: Line) -> None:
    with pytest.raises(SourceFailed, match="InvalidURL"):
        line.pull("https://")
    assert line.waits_s == []
