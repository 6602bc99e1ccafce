"""Sources run each for itself: who cannot start or stop costs the others nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.capture.pos.keeping import Keeping
from agent.capture.sources import Sources, Surroundings, make_sources
from agent.config import (
    AgentConfig,
    DeviceSettings,
    JournalSettings,
    PrinterTapSettings,
    PrintsSettings,
)
from agent.errors import BadConfiguration
from agent.health.status.tills import SourceKind, SourceStatus
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from tests.simulators.capturing import PROFILES, LedgerSink, context
from tests.simulators.many_tills import basket
from tests.simulators.processes import eventually
from tests.simulators.receipt_printer import chinese_receipt

KEY = MasterKey(b"k" * 32)


@dataclass
class StubbornSource:
    """Fails to start as often as it is told to, with what it is told to."""

    name: str
    refusals: list[Exception] = field(default_factory=list)
    kind: SourceKind = SourceKind.TAP
    stopped: bool = False

    def start(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)

    def stop(self) -> None:
        self.stopped = True

    def status(self) -> SourceStatus:
        return SourceStatus(name=self.name, kind=self.kind)


def test_one_that_cannot_start_is_tried_again_while_the_others_run() -> None:
    bad = StubbornSource("bad", [BadConfiguration("port in use"), RuntimeError("a till's text")])
    sources = Sources([bad, StubbornSource("good")], SystemClock(), retry_s=0.05)
    sources.start()
    refused, good = sources.states()
    assert (refused.started, good.started) == (False, True)
    assert "till's text" not in refused.blocked, "a stranger's message may quote a till"
    assert eventually(lambda: all(each.started for each in sources.states()))
    sources.stop()
    assert bad.stopped


def around(folder: Path) -> Surroundings:
    seal = BlobSealer(KEY, "prints")
    return Surroundings(
        context=context(),
        sink=LedgerSink(),
        new_keeping=lambda _profile=None: Keeping(
            folder, BlobSealer(KEY, "till file"), ZoneInfo("UTC")
        ),
        sealer=seal,
        clock=SystemClock(),
        random=lambda: 0.5,
        random_bytes=os.urandom,
        configs=PROFILES.parent,
    )


def config(folder: Path, **parts: object) -> AgentConfig:
    device = DeviceSettings("demo", "sh-0001", "sh-0001-pos1", data_dir=folder, keys_dir=folder)
    return AgentConfig(device, **parts)  # type: ignore[arg-type]  # each test knows its parts


def journal(profile: str) -> JournalSettings:
    return JournalSettings("ej", Path("/srv/ej/journal.txt"), profile)


def test_a_journal_may_be_of_records_or_of_receipt_texts(tmp_path: Path) -> None:
    for profile in ("journal-csv", "journal-fixed", "journal-ndjson"):
        [source] = make_sources(config(tmp_path, journal=(journal(profile),)), around(tmp_path))
        assert source.kind is SourceKind.JOURNAL


def test_a_journal_of_receipt_texts_is_followed_by_a_profile_for_receipts(tmp_path: Path) -> None:
    profiles = tmp_path / "configs" / "till_profiles"
    profiles.mkdir(parents=True)
    text = (PROFILES / "receipt-supermarket-zh.toml").read_text("utf-8")
    whole = (
        f'{text}\n[journal]\nbegin = ["...好邻居超市"]\nend = ["谢谢惠顾"]\nencoding = "gb18030"\n'
    )
    (profiles / "receipt-supermarket-zh.toml").write_text(whole, "utf-8")
    file = tmp_path / "journal.txt"
    settings = replace(journal("receipt-supermarket-zh"), file=file, poll_s=0.01)
    sink = LedgerSink()
    near = replace(around(tmp_path), sink=sink, configs=profiles.parent)
    sources = Sources(make_sources(config(tmp_path, journal=(settings,)), near), SystemClock())
    sources.start()
    for number in (1, 2):
        with file.open("ab") as paper:
            paper.write(("\n".join(chinese_receipt(basket(number))) + "\n").encode("gb18030"))
    assert eventually(lambda: len(sink.stored) == 2), sources.states()
    sources.stop()
    [state] = sources.states()
    assert (state.sales, state.set_aside, state.waiting_bytes) == (2, 0, 0)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"journal": (journal("journal-cvs"),)}, "did you mean 'journal-csv'"),
        ({"journal": (journal("arts-poslog"),)}, "is a profile for poslog"),
        ({"journal": (journal("receipt-examplemart"),)}, "where a receipt begins or ends"),
        ({"tap": (PrinterTapSettings("t", "10.0.0.9", "journal-csv"),)}, "a profile for journal"),
        (
            {"tap": (PrinterTapSettings("t", "10.0.0.9", "receipt-examplemart", "epsn"),)},
            "did you mean 'epson'",
        ),
        ({"prints": (PrintsSettings("p", Path("/q"), "none-such"),)}, "'none-such' is not in"),
    ],
)
def test_a_profile_that_is_missing_or_wrong_is_refused_at_start(
    tmp_path: Path, parts: dict[str, object], words: str
) -> None:
    with pytest.raises(BadConfiguration) as refused:
        make_sources(config(tmp_path, **parts), around(tmp_path))
    assert words in str(refused.value)
