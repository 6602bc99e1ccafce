"""A fuzzer that sees which branches it reaches tries both parsers, from what tills write on."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.printing_till import ASK, CUT, PULSE, logo, receipt
from tests.simulators.processes import ROOT

RUNS = 600
PRINTED = (receipt(1), logo(2, 3) + CUT, ASK + PULSE, b"\x1d(k\x06\x001P0abc\x1d(k\x03\x001Q0")
FILED = (
    poslog(transaction(number="1"), transaction(number="2")),
    poslog(transaction(number="1")).replace(b"</Transaction>", b"<Transaction></Transaction>"),
    transaction(number="1").encode(),
)

linux_only = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64",
    reason="atheris has wheels for Linux on x86-64 only",
)


@linux_only
@pytest.mark.slow
@pytest.mark.parametrize(
    ("parser", "seeds"), [("escpos", PRINTED), ("poslog", FILED)], ids=["escpos", "poslog"]
)
def test_a_fuzzer_finds_nothing(tmp_path: Path, parser: str, seeds: tuple[bytes, ...]) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / f"{number}").write_bytes(seed)
    options = [f"-runs={RUNS}", "-max_len=2048", "-timeout=1", "-rss_limit_mb=0", "-seed=7"]
    options.append(f"-artifact_prefix={tmp_path}/")  # what it finds is no file of the checkout
    run = subprocess.run(
        [sys.executable, "-m", f"tests.properties.{parser}_fuzzing", *options, str(corpus)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert f"Done {RUNS} runs" in run.stderr
