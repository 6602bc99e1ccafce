"""The agent's own sources on a real outbox, and everything that they leave behind."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs

from agent.capture.intake import Intake
from agent.capture.pos import CapturedSale, Spool, SpoolSettings
from agent.capture.pos.keeping import Keeping, Place
from agent.capture.pos.sink import SaleSink
from agent.capture.sources import Sources, Surroundings, make_sources
from agent.capture.sources.taps import TapSource
from agent.config import (
    AgentConfig,
    DeviceSettings,
    JournalSettings,
    OdooSettings,
    PrinterTapSettings,
    PrintsSettings,
    TillDatabaseSettings,
    TillSettings,
    WebSettings,
)
from agent.health.status.tills import SourceStatus
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from tests.simulators.capturing import PROFILES, SHANGHAI, context, reader
from tests.simulators.damaged_day.posted import TOKEN, Post
from tests.simulators.network_printer import NetworkPrinter
from tests.simulators.odoo_server import KEY
from tests.simulators.outbox_parts import Premises, take
from tests.simulators.printing_till import print_jobs
from tests.simulators.processes import free_port
from tests.simulators.shop_platforms import SHOPIFY_SECRET, SQUARE_KEY, SQUARE_URL

_MASTER: Final = MasterKey(b"k" * 32)
_SOON_S: Final = 0.2
_QUIET_S: Final = 2.5
"""How long nothing new must have come: longer than any of the sources waits for company."""

_JOURNALS: Final = {
    "csv": "journal-csv",
    "fixed": "journal-fixed",
    "ndjson": "journal-ndjson",
    "text": "receipt-supermarket-zh",
}


class ForgetfulKeeping(Keeping):
    """A quarantine that loses what one source gives it: what the account must find out."""

    def __init__(self, *built: object, forgets: str) -> None:
        super().__init__(*built)  # type: ignore[arg-type]  # as it is built, so is this one
        self._forgets = forgets

    def quarantine(
        self,
        name: str,
        data: bytes | BinaryIO,
        at: datetime,
        reason: str,
        place: Place | None = None,
    ) -> Path:
        """Nothing, for files of that name."""
        if self._forgets in name:
            return Path(name)
        return super().quarantine(name, data, at, reason, place)


class SwallowingSink:
    """A sink that loses every sale that tells a word; see above."""

    def __init__(self, sink: SaleSink, word: str) -> None:
        self._sink = sink
        self._word = word.encode()

    def captured(self, sales: Sequence[CapturedSale]) -> None:
        """Hand on the others."""
        kept = [sale for sale in sales if self._word not in sale.body]
        if kept:
            self._sink.captured(kept)


@dataclass
class Outputs:
    """What is left after the day, as text.

    Attributes:
        events: bodies in the outbox.
        quarantine: what is kept there, by file name, with its note.
        archive: what was read and kept.
        told: everything that is said to people or other machines, by where it was said.
        files: every file of the box as its bytes lie on the disk.
    """

    events: list[bytes] = field(default_factory=list)
    quarantine: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    archive: dict[str, bytes] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


class DamagedBox:
    """One box in a folder. Start once, stop once."""

    def __init__(self, root: Path, odoo_url: str, *, forgets: str = "", swallows: str = "") -> None:
        """Nothing runs yet; ``forgets`` and ``swallows`` break it on purpose."""
        self.root = root
        for folder in ("till", "queue", "ej", "data", "keys"):
            (root / folder).mkdir(parents=True)
        self.printer = NetworkPrinter()
        self.answers: list[tuple[int, str]] = []
        self.logged: list[str] = []
        self.blocked: list[str] = []
        self._forgets = forgets
        self._web_port = free_port()
        self._premises = Premises(root / "box")
        self._outbox = self._premises.open()
        self._registry = CollectorRegistry()
        sink: SaleSink = Intake(self._outbox, lambda _sale: None, self._registry)
        self._sink = SwallowingSink(sink, swallows) if swallows else sink
        self._config = self._configured(odoo_url)
        made = make_sources(self._config, self._surroundings())
        self._taps = [source for source in made if isinstance(source, TapSource)]
        self._sources = Sources(made, SystemClock())
        self._spool = Spool(
            root / "till",
            self._config.device.path.device,
            reader=reader(),
            sink=self._sink,
            keeping=self.keeping(),
            clock=SystemClock(),
            settings=SpoolSettings(rescan_s=_SOON_S, settle_s=_SOON_S),
        )

    def keeping(self, poslog_profile: str | None = None) -> Keeping:
        """Archive and quarantine, for one thread."""
        del poslog_profile
        parts = (self.root / "data", BlobSealer(_MASTER, "till file"), SHANGHAI)
        return ForgetfulKeeping(*parts, forgets=self._forgets) if self._forgets else Keeping(*parts)

    def lay(self, folder: str, name: str, data: bytes) -> None:
        """A till completes a file."""
        draft = self.root / folder / f"{name}.part"
        draft.write_bytes(data)
        draft.rename(draft.with_suffix(""))

    def run(self, work: Callable[[], None], deadline_s: float) -> bool:
        """Start, let tills work, wait until nothing more comes; whether that was in time."""
        with capture_logs() as lines:
            self._spool.start()
            self._sources.start()
            try:
                work()
                quiet = self._wait_until_quiet(deadline_s)
            finally:
                self.blocked = [f"{x.name}: {x.blocked}" for x in self.states() if x.blocked]
                self._states = [repr(each) for each in (*self.states(), self._spool.status)]
                self._sources.stop()
                self._spool.stop()
                self.printer.vanish()
            self.logged = [repr(line) for line in lines]
        return quiet

    def states(self) -> list[SourceStatus]:
        """How the sources are."""
        return self._sources.states()

    def print(self, jobs: Sequence[bytes]) -> None:
        """A till prints through the tap."""
        print_jobs(self._taps[0].port, jobs, timeout_s=10.0)

    def post(self, post: Post) -> int:
        """What the sender of a post is told: a status, or 0 where nothing came back."""
        sent = socket.create_connection(("127.0.0.1", self._web_port), timeout=20)
        stated = len(post.body) if post.stated is None else post.stated
        head = {"Host": "till", "Content-Length": str(stated), "Connection": "close"}
        lines = [f"POST {post.path} HTTP/1.1"]
        lines += [f"{name}: {text}" for name, text in {**head, **post.headers}.items()]
        with sent:
            sent.sendall("\r\n".join((*lines, "", "")).encode() + post.body)
            if stated > len(post.body):
                sent.shutdown(socket.SHUT_WR)
            answer = http.client.HTTPResponse(sent)
            with suppress(http.client.HTTPException, OSError):
                answer.begin()
                self.answers.append((answer.status, answer.read().decode()))
                return answer.status
        return 0

    def outputs(self) -> Outputs:
        """Everything; to be asked once it has been stopped."""
        found = Outputs()
        while lease := take(self._outbox, max_events=1_000, first=len(found.events) + 1):
            found.events += lease.events
        keeping = self.keeping()
        for path in sorted((self.root / "data").rglob("*.sealed")):
            if path.parent.name == "quarantine":
                note = path.with_suffix(".json").read_bytes()
                found.quarantine[path.name] = (keeping.open(path), note)
            elif "archive" in path.parts:
                found.archive[path.name] = keeping.open(path)
        found.told = {
            "log": "\n".join(self.logged),
            "metrics": generate_latest(self._registry).decode(),
            "status": "\n".join(self._states),
            "answers": "\n".join(text for _, text in self.answers),
            "notes": "\n".join(note.decode() for _, note in found.quarantine.values()),
        }
        for path in (*(self.root / "data").rglob("*"), *(self.root / "box").rglob("*")):
            if path.is_file():
                found.files[path.name] = path.name.encode() + path.read_bytes()
        return found

    def close(self) -> None:
        """Let go of the outbox."""
        self._outbox.close()
        self._premises.close()

    def _wait_until_quiet(self, deadline_s: float) -> bool:
        """Whether the sources came to rest before the deadline."""
        ends_s = time.monotonic() + deadline_s
        before, since_s = self._progress(), time.monotonic()
        while time.monotonic() < ends_s:
            time.sleep(0.1)
            now = self._progress()
            if now != before:
                before, since_s = now, time.monotonic()
            elif time.monotonic() - since_s > _QUIET_S and self._is_done():
                return True
        return False

    def _progress(self) -> tuple[int, int]:
        kept = sum(1 for _ in (self.root / "data" / "quarantine").glob("*.json"))
        return sum(each.last for each in self._outbox.depths()), kept

    def _is_done(self) -> bool:
        states = self.states()
        return (
            all(each.started and not each.blocked for each in states)
            and all(each.at_ease for each in states if each.kind.value in ("database", "odoo"))
            and not any(each.waiting or each.waiting_bytes for each in states)
            and not self._spool.status.waiting
        )

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            context=context(),
            sink=self._sink,
            new_keeping=self.keeping,
            sealer=BlobSealer(_MASTER, "prints"),
            clock=SystemClock(),
            random=lambda: 0.5,
            random_bytes=os.urandom,
            configs=self._profiles(),
        )

    def _profiles(self) -> Path:
        """The shipped ones, which wait a second for company and not a minute."""
        configs = self.root / "configs"
        shutil.copytree(PROFILES.parent, configs)
        folder = configs / "till_profiles"
        for name in ("journal-csv", "journal-fixed"):
            file = folder / f"{name}.toml"
            text = file.read_text("utf-8").replace("[grouping]", "[grouping]\nidle_s = 1.0")
            file.write_text(text, "utf-8")
        file = folder / "receipt-supermarket-zh.toml"
        journal = (
            'begin = ["...好邻居超市"]\nend = ["谢谢惠顾"]\nencoding = "gb18030"\nidle_s = 1.0'
        )
        file.write_text(f"{file.read_text('utf-8')}\n[journal]\n{journal}\n", "utf-8")
        return configs

    def _configured(self, odoo_url: str) -> AgentConfig:
        root = self.root
        return AgentConfig(
            DeviceSettings(
                "retailer", "sh-0001", "pos-1", data_dir=root / "data", keys_dir=root / "keys"
            ),
            till=TillSettings(folder=root / "till"),
            journal=tuple(
                JournalSettings(name, root / "ej" / f"{name}.txt", profile, poll_s=_SOON_S)
                for name, profile in _JOURNALS.items()
            ),
            tap=(
                PrinterTapSettings(
                    "front",
                    "127.0.0.1",
                    "receipt-supermarket-zh",
                    printer="chinese",
                    printer_port=self.printer.port,
                    host="127.0.0.1",
                    port=free_port(),
                ),
            ),
            prints=(
                PrintsSettings(
                    "back",
                    root / "queue",
                    "receipt-supermarket-zh",
                    "chinese",
                    rescan_s=_SOON_S,
                    settle_s=_SOON_S,
                ),
            ),
            database=(
                TillDatabaseSettings(
                    "counter",
                    f"sqlite://{root}/till.db",
                    currency="CNY",
                    poll_s=_SOON_S,
                    history_days=3_650,
                ),
            ),
            web=(
                WebSettings(
                    self._secret("token", TOKEN),
                    port=self._web_port,
                    shopify_secret_file=self._secret("shopify", SHOPIFY_SECRET),
                    square_key_file=self._secret("square", SQUARE_KEY),
                    square_url=SQUARE_URL,
                ),
            ),
            odoo=(
                OdooSettings(
                    odoo_url,
                    "shop",
                    "till",
                    self._secret("odoo", KEY),
                    poll_s=_SOON_S,
                    first_days=3_650,
                    backoff_cap_s=1.0,
                ),
            ),
        )

    def _secret(self, name: str, text: str) -> Path:
        file = self.root / "keys" / name
        file.touch(0o600)
        file.write_text(text, "utf-8")
        return file


def every(outputs: Outputs) -> Iterator[tuple[str, str]]:
    """All outputs as text, by where they stand."""
    yield from outputs.told.items()
    yield from (("event", body.decode()) for body in outputs.events)
    yield from (("file", data.decode("latin-1")) for data in outputs.files.values())
