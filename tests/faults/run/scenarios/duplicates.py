"""Every batch arrives twice and out of order: each event stands in the ledger once."""

from __future__ import annotations

import json
import sys

from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting
from tests.simulators.split_cloud import INGEST

LONGEST_S = 0.1
MODULE = "tests.simulators.ingest_that_repeats"


def play(setting: Setting) -> Result:
    """Sales come one by one, so that nearly each is a batch of its own."""
    with Premises(setting, sales=setting.faults) as here:
        assert here.cloud.ingest is not None
        here.cloud.ingest.stop()
        here.cloud.start_ingest((sys.executable, "-m", MODULE, str(setting.seed)))
        with here.selling(setting.faults) as faults:
            for _ in faults:
                here.moment(LONGEST_S)
        found = here.census()
        here.cloud.ingest.stop()
        repeated = _repeated(here)
        if not repeated:
            raise NotShown("no batch was repeated")
        return Result(repeated, found)


def _repeated(here: Premises) -> int:
    log = (here.cloud.folder / f"{INGEST}.log").read_text(encoding="utf-8")
    told = [json.loads(line) for line in log.splitlines() if '"repeated"' in line]
    return sum(int(line["repeated"]) for line in told)
