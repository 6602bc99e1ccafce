"""Batches that arrive more than once: each event stands in the ledger once."""

from __future__ import annotations

import json
import sys
import time
from typing import Final

from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting
from tests.faults.run.shop_floor import owed_by
from tests.simulators.ingest_that_repeats import REST_S
from tests.simulators.processes import eventually
from tests.simulators.split_cloud import INGEST

LONGEST_S = 0.1
CAPTURED_S = 60.0
MOST_FAULTS_IN_A_BATCH = 4
LAST_ONES_S = 4 * REST_S
"""After a shop owes nothing, second copies of what it sent last may still be on their way."""
MODULE = "tests.simulators.ingest_that_repeats"
DISKS: Final = {False: 8, True: 2}


def play_shuffled(setting: Setting) -> Result:
    """Every batch twice and in no order.

    The day begins when the first sale went through. A sale is rung up when the one before it was
    taken in and few are owed, so that no batch holds many however slow the machine; what is on its
    way meanwhile is what gets out of order.
    """
    with Premises(setting, sales=setting.faults) as here:
        _start_ingest_that(here, "shuffles")
        with here.selling(setting.faults) as faults:
            for number, _ in enumerate(faults):
                if not number:
                    here.drained()  # until the line stands, sales would only pile up into batches
                here.moment(LONGEST_S)
                eventually(lambda: not here.till_waits() and _few_are_owed(here), CAPTURED_S)
        batches, repeated = _told(here)
        if repeated < batches:
            raise NotShown(f"only {repeated} of {batches} batches came twice")
        if repeated < (due := setting.faults // MOST_FAULTS_IN_A_BATCH):
            raise NotShown(f"all came in {batches} batches; {due} were to come twice")
        return Result(repeated, here.census())


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
        _, repeated = _told(here)
        return Result(repeated, here.census())


def _few_are_owed(here: Premises) -> bool:
    """Whether one sale more still makes no batch too large."""
    return owed_by(here.shop) < MOST_FAULTS_IN_A_BATCH


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


def _told(here: Premises) -> tuple[int, int]:
    """How many batches came and how many again, by the worker's own words at its end.

    It is started again.
    """
    here.drained()
    time.sleep(LAST_ONES_S)
    assert here.cloud.ingest is not None
    here.cloud.ingest.stop()
    log = (here.cloud.folder / f"{INGEST}.log").read_text(encoding="utf-8")
    told = [json.loads(line) for line in log.splitlines() if '"repeated"' in line]
    batches, repeated = (sum(int(line[name]) for line in told) for name in ("batches", "repeated"))
    if not repeated:
        raise NotShown("no batch was repeated")
    here.cloud.start_ingest()
    return batches, repeated
