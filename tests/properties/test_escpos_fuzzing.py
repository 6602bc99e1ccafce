"""A fuzzer that sees which branches it reaches tries the parser, from real receipts on."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulators.printing_till import ASK, CUT, PULSE, logo, receipt
from tests.simulators.processes import ROOT

RUNS = 600

linux_only = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64",
    reason="atheris has wheels for Linux on x86-64 only",
)


@linux_only
@pytest.mark.slow
def test_a_fuzzer_finds_nothing(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    seeds = (receipt(1), logo(2, 3) + CUT, ASK + PULSE, b"\x1d(k\x06\x001P0abc\x1d(k\x03\x001Q0")
    for number, seed in enumerate(seeds):
        (corpus / f"{number}").write_bytes(seed)
    options = [f"-runs={RUNS}", "-max_len=2048", "-timeout=1", "-rss_limit_mb=0", "-seed=7"]
    options.append(f"-artifact_prefix={tmp_path}/")  # what it finds is no file of the checkout
    run = subprocess.run(
        [sys.executable, "-m", "tests.properties.escpos_fuzzing", *options, str(corpus)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert f"Done {RUNS} runs" in run.stderr
