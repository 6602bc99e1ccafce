"""Batches that arrive more than once: each event stands in the ledger once."""

from __future__ import annotations

import json
import sys
from typing import Final

from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting
from tests.simulators.split_cloud import INGEST

LONGEST_S = 0.1
MODULE = "tests.simulators.ingest_that_repeats"
DISKS: Final = {False: 8, True: 2}


def play_shuffled(setting: Setting) -> Result:
    """Every batch twice and in no order; sales come one by one, so that nearly each is a batch."""
    with Premises(setting, sales=setting.faults) as here:
        _start_ingest_that(here, "shuffles")
        with here.selling(setting.faults) as faults:
            for _ in faults:
                here.moment(LONGEST_S)
        return Result(_repeated(here), here.census())


def play_old_epochs(setting: Setting) -> Result:
    """A box is given one new disk after the other; of each, batches of earlier ones come again.

    The box lives and sells all the while, and hears acknowledgements of outboxes that it has not.
    """
    disks = DISKS[setting.quick]
    with Premises(setting, sales=setting.faults) as here:
        _start_ingest_that(here, "recalls")
        for number in range(disks):
            with here.selling(setting.faults // disks, 1 / disks) as faults:
                for _ in faults:
                    here.moment(LONGEST_S)
            here.drained()
            if number < disks - 1:
                _replace_disk(here)
        here.sell()
        return Result(_repeated(here), here.census())


def _start_ingest_that(here: Premises, repeats: str) -> None:
    assert here.cloud.ingest is not None
    here.cloud.ingest.stop()
    here.cloud.start_ingest((sys.executable, "-m", MODULE, repeats, str(here.setting.seed)))


def _replace_disk(here: Premises) -> None:
    """Everything that the box knew is gone; it owed nothing."""
    here.shop.stop()
    for path in here.shop.outbox_file.parent.glob(f"{here.shop.outbox_file.name}*"):
        path.unlink()
    here.shop.start()


def _repeated(here: Premises) -> int:
    """How many batches came again, by the worker's own words at its end; it is started again."""
    here.drained()
    assert here.cloud.ingest is not None
    here.cloud.ingest.stop()
    log = (here.cloud.folder / f"{INGEST}.log").read_text(encoding="utf-8")
    told = [json.loads(line) for line in log.splitlines() if '"repeated"' in line]
    repeated = sum(int(line["repeated"]) for line in told)
    if not repeated:
        raise NotShown("no batch was repeated")
    here.cloud.start_ingest()
    return repeated
