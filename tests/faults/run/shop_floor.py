"""A shop whose till sells while something goes wrong, and the count at its end.

    with Premises(setting, sales=400) as here:
        with here.selling(faults=20) as faults:
            for _ in faults:
                here.shop.program.kill()
                here.shop.start()
        return Result(20, here.census())

Till files lie outside of the box's folder, so that hurting the box's disk leaves them alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from agent.errors import AgentError
from agent.outbox import Inspection
from models.wire.topics import Stream
from tests.faults.run.census import Census, booked, compare, keys_of, ledger_entries, shown
from tests.faults.run.feeding import Feeder
from tests.faults.run.scenario import NotShown, Setting
from tests.simulators.demo.boxes import Shop
from tests.simulators.demo.stage import Ports, ShopPlan
from tests.simulators.processes import eventually, free_port
from tests.simulators.till import Delivery, ShopDay

PLAN = ShopPlan("sh-0001", "连客便利", "Asia/Shanghai", "CNY", "lianke-till")
RESEND_AFTER_S = 0.5
DRAIN_S = 120.0
FEWEST_SALES = 60


class ShopFloor:
    """One shop and its till; what the cloud is made of is a subclass's business.

    Attributes:
        day: what is sold; ``files`` are its files, ``given`` those that went in so far.
        boxes: every box that must owe nothing at the end.
    """

    def __init__(self, setting: Setting, day: ShopDay, config: Path, database_url: str) -> None:
        self.setting = setting
        self.day = day
        self.files = list(day.deliveries())
        self.given: list[Delivery] = []
        self.boxes: list[Shop] = []
        self._config = config
        self.database_url = database_url

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start every process; a subclass starts its cloud first."""
        for box in self.boxes:
            box.start()

    def stop(self) -> None:
        """End every process."""
        for box in self.boxes:
            box.stop()

    @property
    def shop(self) -> Shop:
        """The first box."""
        return self.boxes[0]

    def add_box(
        self,
        ports: Ports,
        secret: str,
        *,
        folder: Path | None = None,
        keepalive_s: int = 30,
        resend_after_s: float = RESEND_AFTER_S,
    ) -> Shop:
        """A box with the shop's identity and a till folder of its own; it is not started."""
        number = len(self.boxes)
        box = Shop(
            folder or self.setting.folder / f"box-{number}",
            PLAN,
            ports,
            secret,
            free_port(),
            resend_after_s=resend_after_s,
            till=self.setting.folder / f"till-{number}",
            keepalive_s=keepalive_s,
        )
        self.boxes.append(box)
        return box

    @contextmanager
    def selling(
        self, faults: int, share: float = 1.0, box: Shop | None = None
    ) -> Iterator[Iterator[int]]:
        """Sell a share of the day; yields the faults' numbers, with new files for each."""
        begin = len(self.given)
        files = self.files[begin : begin + round(share * len(self.files))]
        folder = (box or self.shop).till
        with Feeder(folder, files, self.setting.random) as till:
            yield _evenly(till, len(files), faults)
        self.given.extend(till.given)

    def sell(self, share: float = 1.0, box: Shop | None = None) -> None:
        """Sell a share of the day with nothing happening meanwhile."""
        with self.selling(0, share, box):
            pass

    def moment(self, longest_s: float, shortest_s: float = 0.0) -> None:
        """Let a random while pass: the instant of the fault is what is tested."""
        time.sleep(self.setting.random.uniform(shortest_s, longest_s))

    def till_waits(self) -> bool:
        """Whether there are files that no box has taken in."""
        return any(list(box.till.glob("*.xml")) for box in self.boxes)

    def drained(self, timeout_s: float = DRAIN_S) -> bool:
        """Wait until every box owes nothing; False when one still does."""
        return eventually(lambda: all(map(owes_nothing, self.boxes)), timeout_s, every_s=0.1)

    def census(self) -> Census:
        """Wait for the boxes to owe nothing, then compare till and ledger.

        Where exactly the day was sold, its money and its members must be right, too.
        """
        if not self.drained():
            self.setting.tell(f"not drained in {DRAIN_S:g} s")
        found = self.count()
        if len(self.given) == len(self.files) and not found.lost and not found.doubled:
            self._check_figures()
        return found

    def count(self) -> Census:
        """Compare till and ledger now."""
        entries = ledger_entries(self.database_url, PLAN.store)
        return compare(keys_of(self.given, PLAN.store), entries)

    def _check_figures(self) -> None:
        found, due = shown(self._config, PLAN.store, self.day), booked(self.day)
        if found != due:
            raise NotShown(f"all transactions are there once, but people see {found}, not {due}")


def owes_nothing(box: Shop) -> bool:
    """Whether every file was taken in and every sale was acknowledged."""
    if list(box.till.glob("*.xml")):
        return False
    try:
        with Inspection.open(box.outbox_file) as inspection:
            depths = inspection.depths()
    except AgentError:
        return False
    return all(depth.pending == 0 for depth in depths if depth.stream == Stream.SALE)


def _evenly(till: Feeder, files: int, faults: int) -> Iterator[int]:
    for number in range(faults):
        till.sell(files * (number + 1) // faults - files * number // faults)
        yield number
