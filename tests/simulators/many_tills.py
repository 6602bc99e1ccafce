"""A box with several tills, as a process: POSLog, a journal, a tapped printer and a print queue.

Nobody answers at its broker, so what it has captured stays in its outbox and can be counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from agent.config import AgentConfig, read_config
from agent.errors import AgentError
from agent.health.status import Status, read_status
from agent.health.status.tills import SourceStatus
from models.wire.topics import Stream
from tests.simulators.journal_writer import Article, Basket, order_stream
from tests.simulators.network_printer import NetworkPrinter
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.printing_till import CUT, INIT, print_jobs
from tests.simulators.processes import Program, free_port, program
from tests.simulators.receipt_printer import chinese_receipt

_BASKET: Final = Basket(
    0,
    datetime(2026, 11, 20, 19, 58, 7),  # noqa: DTZ001 - the till's own wall clock
    (Article("milk", 2000, 129, 258), Article("apples", 1234, 1000, 1234)),
    saved=92,
    cash=2000,
)


def basket(number: int, till: int = 1) -> Basket:
    """A receipt unlike any other of its till."""
    return replace(_BASKET, number=number, till=till)


def printed(number: int, till: int = 1) -> bytes:
    """What a till sends to its printer for it."""
    text = "\n".join(chinese_receipt(basket(number, till))) + "\n"
    return INIT + text.encode("gb18030") + CUT


class ManyTills:
    """One box in one folder. A context manager; the printer lives as long as it."""

    def __init__(self, root: Path, *, extra: str = "") -> None:
        """``extra`` is added to its configuration."""
        self.root = root
        self.printer = NetworkPrinter()
        self.port = free_port()
        self.journal = root / "ej" / "orders.ndjson"
        for folder in ("till", "ej", "queue"):
            (root / folder).mkdir()
        self._file = root / "agent.toml"
        self._file.write_text(self._text() + extra, encoding="utf-8")
        self._agent: Program | None = None

    @property
    def config(self) -> AgentConfig:
        """As the agent reads it."""
        return read_config(self._file)

    @property
    def pid(self) -> int:
        """Of the agent that runs."""
        assert self._agent is not None
        return self._agent.pid

    @property
    def file(self) -> Path:
        """Its configuration."""
        return self._file

    def start(self) -> None:
        """Start the agent; returns when it has said how it is."""
        (self.root / "data" / "status.json").unlink(missing_ok=True)
        self._agent = Program(
            [program("lianke-agent"), "run", "--config", str(self._file)],
            self.root / "agent.log",
            environment={"LIANKE_DEVICE_SECRET": "secret"},
        )
        self._agent.wait_until((self.root / "data" / "status.json").exists, "the agent")

    def kill(self) -> None:
        """kill -9."""
        assert self._agent is not None
        self._agent.kill()

    def append(self, numbers: Iterable[int]) -> None:
        """The first till appends to its journal."""
        with self.journal.open("ab") as file:
            file.write(order_stream(basket(number) for number in numbers))

    def rotate(self) -> None:
        """The till puts its journal aside and begins another."""
        self.journal.rename(self.journal.with_name("orders.ndjson.1"))

    def print(self, *numbers: int) -> None:
        """The second till prints through the tap."""
        print_jobs(self.port, [printed(number, 2) for number in numbers])

    def queue(self, *numbers: int) -> None:
        """The third till's print queue drops its jobs."""
        for number in numbers:
            draft = self.root / "queue" / f"job-{number}.part"
            draft.write_bytes(printed(number, 3))
            draft.rename(draft.with_suffix(".prn"))

    def sell(self, *numbers: int) -> None:
        """The fourth till writes POSLog."""
        for number in numbers:
            draft = self.root / "till" / f"{number}.part"
            draft.write_bytes(poslog(transaction(number=str(number))))
            draft.rename(draft.with_suffix(".xml"))

    def status(self) -> Status:
        """As the command line reads it."""
        return read_status(self.config)

    def source(self, name: str) -> SourceStatus:
        """One source, as the agent said last."""
        return next(each for each in self.status().sources if each.name == name)

    def sold(self) -> int:
        """Sales in the outbox, each once; none while there is no outbox."""
        try:
            streams = self.status().streams
        except AgentError:
            return 0
        return sum(each.pending for each in streams if each.stream == Stream.SALE)

    def log(self) -> str:
        """What the agent has said since it was first started."""
        return (self.root / "agent.log").read_text(encoding="utf-8")

    def close(self) -> None:
        """End the agent, then the printer."""
        if self._agent is not None:
            self._agent.stop()
        self.printer.vanish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _text(self) -> str:
        root = self.root
        return f"""
[device]
tenant = "demo"
store = "sh-0001"
device = "sh-0001-pos1"
data_dir = "{root}/data"
keys_dir = "{root}/keys"

[broker]
urls = ["mqtt://127.0.0.1:1"]

[tablet]
enabled = false

[status]
enabled = false
look_s = 1.0

[till]
folder = "{root}/till"
settle_s = 0.2

[[journal]]
name = "orders"
file = "{self.journal}"
profile = "journal-ndjson"
poll_s = 0.05

[[tap]]
name = "front"
host = "127.0.0.1"
port = {self.port}
printer_host = "127.0.0.1"
printer_port = {self.printer.port}
profile = "receipt-supermarket-zh"
printer = "chinese"
probe_s = 0.2

[[prints]]
name = "back"
folder = "{root}/queue"
profile = "receipt-supermarket-zh"
printer = "chinese"
settle_s = 0.2
"""
