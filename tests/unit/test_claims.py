"""What one test run has claimed no other one gets, and a claim ends with who made it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.simulators.claims import claimed
from tests.simulators.processes import PORTS, ROOT, free_port

CLAIM = """
from tests.simulators.claims import claim
print(claim("a test", range(3)), flush=True)
input()
"""
PORT = "from tests.simulators.processes import free_port; print(free_port())"


def run(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_a_number_is_one_process_s_until_it_ends_however_it_ends() -> None:
    with claimed("a test", range(3)) as ours, run(CLAIM) as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        assert {ours, theirs} == {0, 1}
        with claimed("a test", range(3)) as third:
            assert third == 2
            with pytest.raises(RuntimeError, match="all 3 numbers"), claimed("a test", range(3)):
                pass
        other.kill()
        other.wait()
        with claimed("a test", range(3)) as again:
            assert again == theirs


def test_two_test_runs_are_never_given_the_same_port() -> None:
    ours = {free_port() for _ in range(40)}
    with run(PORT) as other:
        theirs = int(other.communicate(timeout=30)[0])
    assert len(ours) > 1
    assert theirs not in ours
    assert ours | {theirs} <= set(PORTS)
