"""A disk that is full, turns read-only or has no descriptors left, and then has room again.

What the box has captured before is sent while its disk takes nothing: the line is down for as long
as it takes to capture something, comes back with the fault, and the ledger must have it before the
fault is over.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import psutil

from tests.faults.run.census import ledger_ids
from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting
from tests.faults.run.shop_floor import ids_owed
from tests.simulators.demo.boxes import Shop, secret_path
from tests.simulators.loop_disk import LoopDisk, loop_disk
from tests.simulators.processes import eventually

MEGABYTES = 48
STANDARD_STREAMS = 3
"""A limit that leaves these alone: what is open stays open, and nothing new can be opened."""
SHORTEST_S, LONGEST_S = 1.5, 4.0
SALES_PER_FAULT = 10

SENT_S = 60.0

Fault = Callable[[Premises, LoopDisk], bool]
"""Tells whether the till had to wait, so that it surely was one."""


def play_full(setting: Setting) -> Result:
    """What does not fit stays with the till, and goes its way when there is room."""
    return _play(setting, _fill)


def play_read_only(setting: Setting) -> Result:
    """As ext4 does after an error; the box is started anew on the mended disk."""
    return _play(setting, _turn_read_only)


def play_descriptors(setting: Setting) -> Result:
    """No file and no connection can be opened for a while."""
    return _play(setting, _take_descriptors)


def _play(setting: Setting, fault: Fault) -> Result:
    with loop_disk(setting.folder / "loop", MEGABYTES) as disk:
        here = Premises(setting, sales=SALES_PER_FAULT * setting.faults)
        here.add_shop(folder=disk.folder / "box")
        _make_durable(here.shop)
        bit = 0
        with here:
            with here.selling(setting.faults) as faults:
                for _ in faults:
                    bit += fault(here, disk)
                    if not here.shop.program.running:
                        raise NotShown(f"the agent ended:\n{here.shop.program.last_words()}")
            setting.tell(f"the till had to wait {bit} times of {setting.faults}")
            if not bit:
                raise NotShown("everything was stored all the same")
            return Result(setting.faults, here.census())


def _make_durable(box: Shop) -> None:
    """What was installed before the agent began is not what the disk shall forget."""
    secret = secret_path(box.folder)
    for path in (box.config, secret, secret.parent, box.folder, box.folder.parent):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def _last(here: Premises) -> None:
    pace = here.setting.pace
    here.moment(LONGEST_S * pace, SHORTEST_S * pace)


def _fill(here: Premises, disk: LoopDisk) -> bool:
    owed = _owing(here)
    with disk.full():
        _paid(here, owed)
        _last(here)
        return here.till_waits()


def _turn_read_only(here: Premises, disk: LoopDisk) -> bool:
    owed = _owing(here)
    disk.turn_read_only()
    _paid(here, owed)
    _last(here)
    waited = here.till_waits()
    here.shop.program.kill()
    disk.come_back()
    here.shop.start()
    # How far was sent it could not write, so it re-homes first, and that takes a disk that works.
    here.drained()
    return waited


def _owing(here: Premises) -> frozenset[str]:
    """Cut the line until the box owes something; what that is cannot be asked of a broken disk."""
    here.cloud.broker.kill()
    if not eventually(lambda: bool(ids_owed(here.shop)), SENT_S, 0.05):
        raise NotShown("the till sold nothing before the fault")
    return ids_owed(here.shop)


def _paid(here: Premises, owed: frozenset[str]) -> None:
    """The line is back, and the ledger gets what was owed, however the disk is."""
    here.cloud.broker.start()
    if not eventually(lambda: owed <= ledger_ids(here.database_url), SENT_S, 0.1):
        raise NotShown(f"of {len(owed)} events not all were sent while the disk took nothing")


def _take_descriptors(here: Premises, _disk: LoopDisk) -> bool:
    here.moment(LONGEST_S / 8)
    agent = psutil.Process(here.shop.program.pid)
    before = agent.rlimit(psutil.RLIMIT_NOFILE)
    agent.rlimit(psutil.RLIMIT_NOFILE, (STANDARD_STREAMS, before[1]))
    try:
        _last(here)
        return here.till_waits()
    finally:
        agent.rlimit(psutil.RLIMIT_NOFILE, before)
