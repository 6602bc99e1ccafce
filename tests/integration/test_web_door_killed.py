"""A till that got its answer may forget its sale, whatever happens to the agent after that."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.runtime.clock import SystemClock
from models.wire.envelope import open_envelope
from tests.simulators.outbox_parts import Premises, take
from tests.simulators.web_door import TOKEN, sale_body

ROUNDS = 3
SALES = 40


@contextmanager
def door(root: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A door's port and its process, which is killed at the end if it still lives."""
    program = [sys.executable, "-m", "tests.simulators.web_program", str(root)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline()), process
        finally:
            process.kill()


def post(port: int, number: int) -> int:
    """The status of a posted sale; 0 where there was no answer."""
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"sale-{number}",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/v1/transactions", json.dumps(sale_body(number)), headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def test_every_answered_sale_is_in_the_outbox_once_however_often_the_agent_is_killed(
    tmp_path: Path,
) -> None:
    waiting, answered = list(range(SALES)), []
    for round_ in range(ROUNDS):
        with door(tmp_path) as (port, process):
            last = round_ == ROUNDS - 1
            killer = threading.Timer(0.15 * (round_ + 1), process.kill)
            if not last:
                killer.start()
            for number in list(waiting):
                status = post(port, number)
                if status in (200, 201):
                    answered.append(number)
                    waiting.remove(number)
            killer.cancel()
            # What was answered before the kill is asked again by a till that lost the answer.
            if last:
                assert {post(port, number) for number in answered} == {201}
    assert not waiting
    premises = Premises(tmp_path, SystemClock())
    outbox = premises.open()
    lease = take(outbox, max_events=10 * SALES)
    assert lease is not None
    numbers = [open_envelope(event).subject for event in lease.events]
    assert len(numbers) == len(set(numbers)) == SALES
    outbox.close()
    premises.close()
