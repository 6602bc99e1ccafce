"""One identity too many, or a past that comes back: the cloud raises its alarm, and all is there.

Two boxes with one identity, a cloned disk, a restored outbox, and a cloud restored from a backup,
whether it was told so or not.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from agent.health.alarms import AlarmKind as AgentAlarmKind
from cloud.ingest.alarms import AlarmKind
from cloud.ledger.generation import renew_generation
from cloud.storage import open_engine
from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting
from tests.faults.run.shop_floor import epoch_of
from tests.simulators.demo.boxes import Shop
from tests.simulators.processes import eventually

SALES_PER_FAULT = 40
TURNS = 4
SHARED_S = 30.0
"""Three signs of the other box within a while; boxes that throw each other off see them soon."""
SENT_AGAIN_S = 60.0
"""A shop that owes nothing hears of the restored ledger with its next welcome."""


def play_twins(setting: Setting) -> Result:
    """Two boxes were enrolled with one secret; both sell, and throw each other off the broker."""
    here = Premises(setting, sales=SALES_PER_FAULT * setting.faults)
    boxes = [here.add_shop(), here.add_shop()]
    here.due = frozenset({AlarmKind.TWIN_IDENTITY})
    with here:
        _sell_in_turns(here, boxes, 1.0, setting.faults * TURNS)
        here.sell()
        if not eventually(lambda: any(map(_knows_of_the_other, boxes)), SHARED_S, 0.5):
            raise NotShown("neither box says that another one works under its name")
        return Result(setting.faults, here.census())


def _knows_of_the_other(box: Shop) -> bool:
    """As whoever stands before it reads it from ``lianke-agent status``."""
    said = box.status()["alarms"]
    return any(each["alarm"] == AgentAlarmKind.IDENTITY_SHARED for each in said)


def play_clone(setting: Setting) -> Result:
    """A box's disk was copied, and both sell at once, from the same epoch with the same numbers.

    Every other time the broker forgets what both have just sent.
    """
    here = Premises(setting, sales=SALES_PER_FAULT * setting.faults)
    original = here.add_shop()
    here.due = frozenset({AlarmKind.CLONED_DISK})
    here.may = frozenset({AlarmKind.CONFLICT, AlarmKind.OUTBOX_RESTORED})
    share = 1.0 / (2 * setting.faults)
    with here:
        for number in range(setting.faults):
            here.sell(share)
            here.drained()
            original.stop()
            clone = here.add_shop()
            _copy(original.folder, clone.folder)
            before = epoch_of(clone)
            original.start()
            clone.start()
            here.sell_at_once([original, clone], share / 2)
            if number % 2 == 0:
                here.cloud.broker.kill()
                here.cloud.broker.start()
            here.sell_at_once([original, clone], share / 2)
            here.drained()
            if epoch_of(original) == epoch_of(clone):
                raise NotShown(f"clone {number}: both still live under epoch {before}")
            clone.stop()
        here.sell()
        return Result(setting.faults, here.census())


def play_restored_outbox(setting: Setting) -> Result:
    """Yesterday's copy of a box's disk is put back, and the till goes on selling.

    Every other time it is the very first copy: of an epoch that the box has long left.
    """
    here = Premises(setting, sales=SALES_PER_FAULT * setting.faults)
    here.add_shop()
    here.due = frozenset({AlarmKind.OUTBOX_RESTORED})
    share, copies = 1.0 / (3 * setting.faults), setting.folder / "copies"
    with here:
        for number in range(setting.faults):
            here.sell(share)
            here.drained()
            here.shop.stop()
            _copy(here.shop.folder, copies / str(number))
            here.shop.start()
            here.sell(share)
            here.drained()
            here.shop.stop()
            _copy(copies / str(0 if number % 2 else number), here.shop.folder)
            before = epoch_of(here.shop)
            here.shop.start()
            here.sell(share)
            here.drained()
            if epoch_of(here.shop) == before:
                raise NotShown(f"restore {number}: nobody noticed that the outbox was behind")
        here.sell()
        return Result(setting.faults, here.census())


def play_restored_cloud(setting: Setting) -> Result:
    """The ledger is restored from a backup; the shops send again what it has forgotten."""
    return _play_restored(setting, AlarmKind.LEDGER_RESTORED, _announce)


def play_cloud_put_back(setting: Setting) -> Result:
    """The same, but nobody tells the ledger: the shops notice by what it has acknowledged."""
    return _play_restored(setting, AlarmKind.LEDGER_LACKS, lambda _database: None)


def _play_restored(setting: Setting, due: AlarmKind, announce: Callable[[Path], None]) -> Result:
    forgotten, share = 0, 1.0 / (3 * setting.faults)
    with Premises(setting, sales=SALES_PER_FAULT * setting.faults) as here:
        backup = setting.folder / "backup.sqlite3"
        here.due = frozenset({due})
        here.alarms()  # whoever looks for the first time has nothing to compare with
        for _ in range(setting.faults):
            here.sell(share)
            here.drained()
            _back_up(_database(here), backup)
            here.sell(share)
            here.drained()
            _stop_ingest(here)
            forgotten += here.count().in_ledger
            _restore(backup, _database(here))
            announce(_database(here))
            forgotten -= here.count().in_ledger
            here.cloud.start_ingest()
            here.sell(share)
        here.sell()
        setting.tell(f"{forgotten} transactions were forgotten by restored ledgers")
        if not forgotten:
            raise NotShown("the backups were complete")
        eventually(lambda: not here.count().lost, SENT_AGAIN_S, 0.2)
        return Result(setting.faults, here.census())


def _sell_in_turns(here: Premises, boxes: list[Shop], share: float, turns: int) -> None:
    for turn in range(turns):
        here.sell(share / turns, boxes[turn % len(boxes)])
        here.moment(1.0)


def _copy(box: Path, copy: Path) -> None:
    """The disk as it is; only what names this place on our machine stays."""
    for name in ("data", "keys"):
        shutil.rmtree(copy / name, ignore_errors=True)
        shutil.copytree(box / name, copy / name)


def _stop_ingest(here: Premises) -> None:
    assert here.cloud.ingest is not None
    here.cloud.ingest.stop()


def _database(here: Premises) -> Path:
    return here.cloud.folder / "data" / "cloud.sqlite3"


def _back_up(database: Path, backup: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)


def _restore(backup: Path, database: Path) -> None:
    """Put the copy in its place."""
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
        database.with_name(name).unlink(missing_ok=True)
    shutil.copyfile(backup, database)


def _announce(database: Path) -> None:
    """As ``lianke-cloud restored``: give it a new generation."""
    engine = open_engine(f"sqlite:///{database}")
    renew_generation(engine)
    engine.dispose()
