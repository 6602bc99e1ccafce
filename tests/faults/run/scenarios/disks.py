"""A disk that is full, turns read-only or has no descriptors left, and then has room again."""

from __future__ import annotations

import os
from collections.abc import Callable

import psutil

from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting
from tests.simulators.demo.boxes import Shop, secret_path
from tests.simulators.loop_disk import LoopDisk, loop_disk

MEGABYTES = 48
STANDARD_STREAMS = 3
"""A limit that leaves these alone: what is open stays open, and nothing new can be opened."""
SHORTEST_S, LONGEST_S = 1.5, 4.0
SALES_PER_FAULT = 10

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
                    here.moment(LONGEST_S / 8)
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
    with disk.full():
        _last(here)
        return here.till_waits()


def _turn_read_only(here: Premises, disk: LoopDisk) -> bool:
    disk.turn_read_only()
    _last(here)
    waited = here.till_waits()
    here.shop.program.kill()
    disk.come_back()
    here.shop.start()
    return waited


def _take_descriptors(here: Premises, _disk: LoopDisk) -> bool:
    agent = psutil.Process(here.shop.program.pid)
    before = agent.rlimit(psutil.RLIMIT_NOFILE)
    agent.rlimit(psutil.RLIMIT_NOFILE, (STANDARD_STREAMS, before[1]))
    try:
        _last(here)
        return here.till_waits()
    finally:
        agent.rlimit(psutil.RLIMIT_NOFILE, before)
