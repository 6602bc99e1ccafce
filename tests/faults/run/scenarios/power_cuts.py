"""Power cuts: of the product's files one by one, and of a whole agent whose sales are then counted.

The recorded writes that no sync has made durable survive in random parts, torn pages and forgotten
names included. A control without syncs must lose something, or the cuts prove nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.faults.powercut import Recording, Scenario, Tally, Trial
from tests.faults.powercut.programs import outbox, quarantine, raw, replica, report
from tests.faults.run.census import NOTHING, Census
from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting

PROGRAMS = "tests.faults.powercut.programs"
OUTBOX = Scenario(f"{PROGRAMS}.outbox", outbox.there)
REPLICA = Scenario(f"{PROGRAMS}.replica", replica.there)
QUARANTINE = Scenario(f"{PROGRAMS}.quarantine", quarantine.there)
CURSOR = Scenario(f"{PROGRAMS}.report", report.there)
WITHOUT_SYNCS = Scenario(f"{PROGRAMS}.raw", raw.there, ("OFF",))

CUTS_OF_A_LIFE = 15
LONGEST_LIFE_S = 0.5
LONGEST_WORK_S = 0.6
SALES_PER_CUT = 5


def play_outbox(setting: Setting) -> Result:
    """Every event that ``append`` returned for is there after every cut."""
    _control(setting)
    return _cut_files(setting, [OUTBOX])


def play_other_files(setting: Setting) -> Result:
    """The replica stays whole, what was quarantined stays, no version is told twice."""
    return _cut_files(setting, [REPLICA, CURSOR, QUARANTINE])


def _control(setting: Setting) -> None:
    tally = _lives(setting, WITHOUT_SYNCS, CUTS_OF_A_LIFE, setting.folder / "control")
    setting.tell(
        f"control without syncs: {tally.lossy + tally.damaged} of {tally.cuts} cuts lost something"
    )
    if not tally.missing:
        raise NotShown("the control, SQLite with synchronous=OFF, lost nothing")


def _cut_files(setting: Setting, programs: Sequence[Scenario]) -> Result:
    cuts, census = 0, NOTHING
    for program in programs:
        share = -(-setting.faults // len(programs))
        tally = _lives(setting, program, share, setting.folder / program.module)
        cuts += tally.cuts
        census += _census(tally)
        for finding in tally.findings:
            setting.tell(f"{program.module}: {finding}")
        if not tally.unsynced:
            raise NotShown(f"{program.module}: the cuts took nothing")
    return Result(cuts, census)


def _lives(setting: Setting, program: Scenario, cuts: int, folder: Path) -> Tally:
    trial = Trial(program, folder, setting.random.randrange(1 << 30))
    life = 0
    while trial.tally.cuts < cuts:
        trial.live(life, min(CUTS_OF_A_LIFE, cuts - trial.tally.cuts), LONGEST_LIFE_S)
        life += 1
    return trial.tally


def _census(tally: Tally) -> Census:
    """What was promised stands for the till here, and what a cut left for the ledger."""
    lost = min(tally.missing, max(1, tally.promised))
    return Census(tally.promised, tally.promised - lost, lost, 0)


def play_agent(setting: Setting) -> Result:
    """The power of the whole box is cut while it sells; the till's files are on another disk."""
    log, unsynced = setting.folder / "log", 0
    with Premises(setting, sales=SALES_PER_CUT * setting.faults) as here:
        here.shop.stop()
        with here.selling(setting.faults) as faults:
            for _ in faults:
                recording = Recording.begin(here.shop.folder, log)
                here.shop.environment = recording.environment
                here.shop.start()
                here.moment(LONGEST_WORK_S)
                here.shop.program.kill()
                cut = recording.last_cut(setting.random.randrange(1 << 30))
                cut.image.write_to(here.shop.folder)
                unsynced += cut.unsynced
        here.shop.environment = {}
        here.shop.start()
        if not unsynced:
            raise NotShown("the cuts took nothing")
        return Result(setting.faults, here.census())
