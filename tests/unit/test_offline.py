"""A process that has given up opening connections, tried from its own inside and its children."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from typing import Any

import pytest

from agent.capture.footfall import offline
from tests.simulators.processes import ROOT

PROBE = r"""
import json, socket, subprocess, sys, threading
from agent.capture.footfall.offline import open_no_more_connections

server = socket.create_server(("127.0.0.1", 0))
forbidden, found = threading.Event(), {}

def reach(name):
    try:
        socket.create_connection(server.getsockname()[:2]).close()
        found[name] = "reached"
    except OSError as error:
        found[name] = error.strerror

def wait_and_reach():
    forbidden.wait()
    reach("older thread")

older = threading.Thread(target=wait_and_reach)
older.start()
reach("before")
found["took"] = open_no_more_connections(all_threads=sys.argv[1] == "all")
forbidden.set()
older.join()
reach("this thread")
newer = threading.Thread(target=reach, args=("newer thread",))
newer.start()
newer.join()
child = "import socket\ntry: socket.socket()\nexcept OSError as e: print(e.strerror, end='')"
found["child"] = subprocess.run([sys.executable, "-c", child], stdout=-1, text=True).stdout
print(json.dumps(found))
"""

pytestmark = pytest.mark.skipif(
    platform.machine() not in {"x86_64", "aarch64", "armv7l"} or sys.platform != "linux",
    reason="the kernel is asked on these only",
)


def probed(which: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, which], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_process_that_needs_no_connection_can_open_none_from_any_thread() -> None:
    refused = "Permission denied"
    assert probed("all") == {
        "before": "reached",
        "took": True,
        "older thread": refused,
        "this thread": refused,
        "newer thread": refused,
        "child": refused,
    }


def test_a_thread_that_fetches_pictures_keeps_its_own_while_who_looks_at_them_has_none() -> None:
    found = probed("one")
    assert found["older thread"] == "reached"
    assert {found[who] for who in ("this thread", "newer thread", "child")} == {"Permission denied"}


def test_every_machine_refuses_its_own_calls_and_all_of_another_convention() -> None:
    for machine in offline._MACHINES.values():
        code = offline._filter(machine)
        assert run(code, machine.audit, 0) == offline._LET
        for number in (*machine.refused, 1 << 30, (1 << 30) + 41):
            assert run(code, machine.audit, number) == offline._REFUSE | offline._EACCES
        assert run(code, machine.audit ^ 1, 0) == offline._REFUSE | offline._EACCES


def run(code: bytes, machine: int, number: int) -> int:
    """What the kernel's machine answers: a second reading of its four instructions."""
    steps = list(offline._INSTRUCTION.iter_unpack(code))
    at = word = 0
    while True:
        kind, yes, no, value = steps[at]
        at += 1
        if kind == offline._LOAD:
            word = {0: number, 4: machine}[value]
        elif kind == offline._IS:
            at += yes if word == value else no
        elif kind == offline._AT_LEAST:
            at += yes if word >= value else no
        else:
            return int(value)
