"""A shop that is watched while it watches: a whole run, and all that it leaves anywhere.

Cloud with its broker, agent, and the watcher of one camera on a clip, all as processes. Wire taps
keep what the agent says to the cloud and hears from it. Home and temporary folder of all processes
are the run's own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
import pytest
import requests
from watchfiles import watch

from models.wire.codec import Codec
from models.wire.registry import FOOTFALL_AUDITED, FOOTFALL_COUNTED, EventType
from models.wire.topics import Stream
from tests.simulators.demo.stage import TENANT, Cloud, Ports, ShopPlan
from tests.simulators.image_hunt import Exhibit, files_below, held_files
from tests.simulators.processes import Program, answers, eventually, free_port
from tests.simulators.tcp_tap import Message, TcpTap, messages

PLAN: Final = ShopPlan("sh-0001", "静安寺店", "Asia/Shanghai", "CNY", "lianke-till")
_PASSING_BYTES: Final = 4 * 1024 * 1024
WATCHER: Final = "agent.capture.footfall.watcher"


@dataclass
class WatchedShop:
    """The run. ``folder`` holds all that its processes may write; what they read lies elsewhere."""

    folder: Path
    cloud: Cloud
    box: Program
    broker_tap: TcpTap
    http_tap: TcpTap
    tablet_url: str
    secret: str
    seen: list[Exhibit] = field(default_factory=list)
    core_limits: set[tuple[int, int]] = field(default_factory=set)
    passing: dict[Path, bytes] = field(default_factory=dict)
    appeared: set[Path] = field(default_factory=set)

    @property
    def written_by_the_box(self) -> set[str]:
        """Every file that ever appeared in the box's folders, or in anybody's temporary one."""
        cloud = self.folder / "cloud"
        paths = (path for path in self.appeared if not path.is_relative_to(cloud))
        return {str(path.relative_to(self.folder)) for path in paths if not path.is_dir()}

    @property
    def log(self) -> Path:
        """What agent and watcher log."""
        return self.folder / "box" / "agent.log"

    def look_until_told(self, timeout_s: float = 90.0) -> None:
        """Look until the clip has ended and the cloud knows of everybody that it showed."""
        for question in (self._has_ended, self._is_told):
            if not eventually(question, timeout_s, every_s=0.2):
                raise AssertionError(f"{self.cloud.status()}\n{self.box.last_words()}")

    def counted(self) -> dict[str, int]:
        """The sums of the footfall events on the wire, each event once, as the cloud has them."""
        tallies = [tally for event in self.footfall() for tally in event["lines"]]
        ways = {"in": "ingress", "out": "egress"}
        return {way: sum(tally[word] for tally in tallies) for way, word in ways.items()}

    def footfall(self) -> list[dict[str, Any]]:
        """What the counted minutes on the wire say, each event once."""
        return self._told(FOOTFALL_COUNTED)

    def audits(self) -> list[dict[str, Any]]:
        """What the cameras' audits on the wire say, each event once."""
        return self._told(FOOTFALL_AUDITED)

    def _told(self, kind: EventType) -> list[dict[str, Any]]:
        events = {}
        for message in self.messages():
            if message.topic.endswith(f"/up/{Stream.FOOTFALL}"):
                for raw in Codec().decode(message.payload).events:
                    envelope = json.loads(bytes(raw))
                    if envelope["type"] == kind.name:
                        events[envelope["id"]] = envelope["data"]
        return list(events.values())

    def messages(self) -> list[Message]:
        """Every MQTT message that the agent sent or got."""
        return list(messages(self.broker_tap.streams()))

    def evidence(self) -> Iterator[Exhibit]:
        """All of it: files and databases, logs, what was held open, the wire, metrics."""
        yield from files_below(self.folder)
        for path, content in self.passing.items():
            if not path.exists():
                yield Exhibit(f"{path}, while it was there", content)
        yield from self.seen
        for way, tap in (("broker", self.broker_tap), ("http", self.http_tap)):
            for number, stream in enumerate(tap.streams()):
                yield Exhibit(f"{way}, stream {number}", stream)
        for number, message in enumerate(self.messages()):
            yield Exhibit(f"message {number}, {message.topic}", message.payload)
        yield from self._pages()

    def _has_ended(self) -> bool:
        self._look()
        return b"clip_ended" in self.log.read_bytes()

    def _is_told(self) -> bool:
        self._look()
        counted = self.counted()
        return any(counted.values()) and bool(self.cloud.status()["footfall"] == counted)

    def _look(self) -> None:
        pids = [self.box.pid, self.cloud.program.pid]
        for parent in list(pids):
            for child in psutil.Process(parent).children(recursive=True):
                pids.append(child.pid)
                self._note_core_limit(child)
        self.seen += held_files(pids, [self.folder])
        self._keep_what_may_pass()
        metrics = requests.get(f"{self.tablet_url}/metrics", timeout=30).content
        self.seen.append(Exhibit("metrics", metrics))

    def _keep_what_may_pass(self) -> None:
        """Files that come and go; what stays is read at the end."""
        for path in self.folder.rglob("*"):
            try:
                if path.is_file() and path.stat().st_size < _PASSING_BYTES:
                    self.passing[path] = path.read_bytes()
            except OSError:
                continue  # gone between two looks at it

    def _note_core_limit(self, child: psutil.Process) -> None:
        try:
            # Until it says its first word it may still be on the way to its own main.
            if WATCHER in child.cmdline() and b"camera_watching" in self.log.read_bytes():
                self.core_limits.add(child.rlimit(psutil.RLIMIT_CORE))
        except psutil.NoSuchProcess:
            return

    def _pages(self) -> Iterator[Exhibit]:
        for url in (f"{self.cloud.url}/v1/health", f"{self.cloud.url}/v1/openapi.json"):
            yield Exhibit(url, requests.get(url, timeout=30).content)


@contextmanager
def watched_shop(
    folder: Path,
    clip: Path,
    agent: Sequence[str],
    *,
    sample_fps: float,
    speed: float,
    recorded: bool = True,
    before: Callable[[Path], None] = lambda _config: None,
) -> Iterator[WatchedShop]:
    """A run that has begun; the clip's door is a line down its middle.

    Args:
        folder: for all that is written.
        clip: what the camera sees; in another folder.
        agent: how to start one, but for its configuration's path, which is added.
        sample_fps: pictures looked at per second of the clip; 0 for all.
        speed: 1 as it was recorded, 0 as fast as it goes.
        recorded: the clip is of another day; else it plays as if it happened now.
        before: called with the configuration's path before the agent starts.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("CI", raising=False)  # some libraries behave only where they see it
        for name, part in (("TMPDIR", "tmp"), ("HOME", "home"), ("XDG_CACHE_HOME", "home/.cache")):
            (folder / part).mkdir(parents=True, exist_ok=True)
            environment.setenv(name, str(folder / part))
        cloud = Cloud(folder / "cloud", Ports.free(), "a long password")
        secret = cloud.enrol(PLAN)
        cloud.start()
        try:
            with (
                _noting_files(folder) as appeared,
                TcpTap(("127.0.0.1", cloud.ports.broker)) as broker_tap,
                TcpTap(("127.0.0.1", cloud.ports.http)) as http_tap,
            ):
                port = free_port()
                taps = Ports(http=http_tap.port, broker=broker_tap.port)
                config = write_config(
                    folder / "box",
                    taps,
                    secret,
                    port,
                    camera_on(clip, sample_fps, speed, recorded=recorded),
                )
                before(config)
                box = _start(agent, config, f"http://127.0.0.1:{port}")
                try:
                    yield WatchedShop(
                        folder=folder,
                        cloud=cloud,
                        box=box,
                        broker_tap=broker_tap,
                        http_tap=http_tap,
                        tablet_url=f"http://127.0.0.1:{port}",
                        secret=secret,
                        appeared=appeared,
                    )
                finally:
                    box.stop()
        finally:
            cloud.stop()


@contextmanager
def _noting_files(folder: Path) -> Iterator[set[Path]]:
    """Which files appear below, those too that are gone before anybody looks."""
    appeared: set[Path] = set()
    ends, listens = threading.Event(), threading.Event()

    def note() -> None:
        told = watch(folder, stop_event=ends, step=20, rust_timeout=100, yield_on_timeout=True)
        for changes in told:
            appeared.update(Path(name) for _, name in changes)
            listens.set()

    thread = threading.Thread(target=note, daemon=True)
    thread.start()
    assert listens.wait(30), "nobody listens to the run's folder"
    try:
        yield appeared
    finally:
        ends.set()
        thread.join(30)


def _start(agent: Sequence[str], config: Path, url: str) -> Program:
    box = Program([*agent, str(config)], config.parent / "agent.log")
    box.wait_until(answers(f"{url}/healthz"), "the box")
    return box


def camera_on(clip: Path, sample_fps: float, speed: float, *, recorded: bool) -> str:
    """The configuration of a camera on a clip, with a door down its middle."""
    day = "begin_at = 2025-11-07T10:00:00+08:00" if recorded else ""
    return f"""[[camera]]
name = "door"
source = "{clip}"
sample_fps = {sample_fps}
speed = {speed}
{day}

[[camera.line]]
name = "door"
begin = [0.5, 0.0]
end = [0.5, 1.0]
"""


def write_config(folder: Path, ports: Ports, secret: str, tablet_port: int, camera: str) -> Path:
    """A box's configuration with its folders and its secret; the file's path."""
    for name in ("data", "keys"):
        (folder / name).mkdir(parents=True)
    secret_file = folder / "keys" / "device-secret"
    secret_file.touch(mode=0o600)
    secret_file.write_text(secret)
    config = folder / "agent.toml"
    config.write_text(
        f"""log_level = "DEBUG"

[device]
tenant = "{TENANT}"
store = "{PLAN.store}"
device = "{PLAN.device}"
store_name = "{PLAN.name}"
data_dir = "{folder / "data"}"
keys_dir = "{folder / "keys"}"

[broker]
urls = ["mqtt://127.0.0.1:{ports.broker}"]
password_file = "{secret_file}"

[cloud]
url = "http://127.0.0.1:{ports.http}"

[tablet]
port = {tablet_port}

[housekeeping]
heartbeat_s = 1.0

{camera}"""
    )
    return config
