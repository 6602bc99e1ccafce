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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from agent.errors import AgentError
from agent.outbox import Inspection
from cloud.ingest.alarms import AlarmKind
from models.wire.topics import Stream
from tests.faults.run.census import Census, booked, compare, keys_of, ledger_entries, shown
from tests.faults.run.feeding import Feeder
from tests.faults.run.reported import GRAVE, raised
from tests.faults.run.scenario import NotShown, Setting
from tests.faults.run.tracing import traces
from tests.simulators.authority import Authority
from tests.simulators.demo.boxes import Shop
from tests.simulators.demo.stage import Ports, ShopPlan
from tests.simulators.processes import Program, eventually, free_port
from tests.simulators.till import Delivery, ShopDay

PLAN = ShopPlan("sh-0001", "连客便利", "Asia/Shanghai", "CNY", "lianke-till")
RESEND_AFTER_S = 0.5
STILL_S = 120.0
"""Longer than any back-off and any lease of a scenario: who has not moved since then never will."""
NOTICED_S = 10.0
FEWEST_SALES = 60


class ShopFloor:
    """One shop and its till; what the cloud is made of is a subclass's business.

    Attributes:
        day: what is sold; ``files`` are its files, ``given`` those that went in so far.
        boxes: every box that must owe nothing at the end.
        due: the alarms that the cloud must have raised by the end.
        may: grave ones that it may have raised; any other one is a false alarm.
    """

    def __init__(self, setting: Setting, day: ShopDay, config: Path, database_url: str) -> None:
        self.setting = setting
        self.day = day
        self.files = list(day.deliveries())
        self.given: list[Delivery] = []
        self.boxes: list[Shop] = []
        self.due: frozenset[AlarmKind] = frozenset()
        self.may: frozenset[AlarmKind] = frozenset()
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
        """End every process; what had to be there has been counted."""
        for box in self.boxes:
            box.kill()

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
        authority: Authority | None = None,
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
            authority=authority,
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

    def sell_at_once(self, boxes: Sequence[Shop], share: float) -> None:
        """Sell a share of the day in several boxes at the same time, each file in one of them."""
        begin = len(self.given)
        files = self.files[begin : begin + round(share * len(self.files))]
        dealt = [files[number :: len(boxes)] for number in range(len(boxes))]
        with ExitStack() as open_shops:
            tills = [
                open_shops.enter_context(Feeder(box.till, mine, self.setting.random))
                for box, mine in zip(boxes, dealt, strict=True)
            ]
            for till, mine in zip(tills, dealt, strict=True):
                till.sell(len(mine))
            while any(len(x.given) < len(mine) for x, mine in zip(tills, dealt, strict=True)):
                time.sleep(0.05)
        for till in tills:
            self.given.extend(till.given)

    def moment(self, longest_s: float, shortest_s: float = 0.0) -> None:
        """Let a random while pass: the instant of the fault is what is tested."""
        time.sleep(self.setting.random.uniform(shortest_s, longest_s))

    def till_waits(self) -> bool:
        """Whether there are files that no box has taken in."""
        return any(map(till_waits, self.boxes))

    def drained(self, still_s: float = STILL_S) -> bool:
        """Wait until every box owes nothing.

        False once nothing has moved for ``still_s``, or nothing can any more. A slow machine may
        take its time.
        """
        before, since_s = None, time.monotonic()
        while any(owed := [owed_by(box) for box in self.boxes]):
            if owed != before:
                before, since_s = owed, time.monotonic()
            if time.monotonic() - since_s > still_s or self.revive() is not None:
                return False
            time.sleep(0.1)
        return True

    def revive(self) -> Program | None:
        """As a service manager: start again what asked for it; what has ended for good instead.

        A subclass knows what its cloud consists of.
        """
        return None

    def census(self) -> Census:
        """Wait for the boxes to owe nothing, then compare till and ledger.

        Where exactly the day was sold, its money and its members must be right, too; and the cloud
        must have noticed what there was to notice, and nothing else.
        """
        if not self.drained():
            if (ended := self.revive()) is not None:
                raise NotShown(f"ended by itself:\n{ended.last_words()}")
            self.setting.tell(f"not drained: nothing has moved for {STILL_S:g} s")
        found = self.count()
        for trace in traces(found.missing, self.given, self.boxes, PLAN.store):
            self.setting.tell(trace)
        if len(self.given) == len(self.files) and not found.lost and not found.doubled:
            self._check_figures()
        self._check_alarms()
        return found

    def alarms(self) -> frozenset[AlarmKind]:
        """What the cloud has noticed so far."""
        return raised(self._config)

    def count(self) -> Census:
        """Compare till and ledger now."""
        entries = ledger_entries(self.database_url, PLAN.store)
        return compare(keys_of(self.given, PLAN.store), entries)

    def _check_figures(self) -> None:
        found, due = shown(self._config, PLAN.store, self.day), booked(self.day)
        if found != due:
            raise NotShown(f"all transactions are there once, but people see {found}, not {due}")

    def _check_alarms(self) -> None:
        """An alarm may take a moment: a box that was thrown off the broker says so when it is back.

        False alarms are what makes people look away.
        """
        eventually(lambda: self.due <= self.alarms(), NOTICED_S, 0.5)
        found = self.alarms()
        if unnoticed := self.due - found:
            raise NotShown(f"nobody noticed: {_listed(unnoticed)}; alarms: {_listed(found)}")
        if imagined := (found & GRAVE) - self.due - self.may:
            raise NotShown(f"false alarms: {_listed(imagined)}")


_MOST_OWED = 10_000

UNREADABLE = -1
"""What a box owes whose outbox cannot be read just now."""


def till_waits(box: Shop) -> bool:
    """Whether a file is left, or was claimed and is not stored yet."""
    return any(True for _ in box.till.rglob("*.xml"))


def owed_by(box: Shop) -> int:
    """How many files were not taken in yet, and sales not acknowledged; 0 when all is settled."""
    files = sum(1 for _ in box.till.rglob("*.xml"))  # first: what is taken in meanwhile is pending
    try:
        with Inspection.open(box.outbox_file) as inspection:
            depths = inspection.depths()
    except AgentError:
        return UNREADABLE
    return files + sum(depth.pending for depth in depths if depth.stream == Stream.SALE)


def ids_owed(box: Shop) -> frozenset[str]:
    """The sales and their like that a running box has captured and the ledger has not settled."""
    with Inspection.open(box.outbox_file) as inspection:
        return frozenset(each.event_id for each in inspection.pending(Stream.SALE, _MOST_OWED))


def epoch_of(box: Shop) -> str:
    """The epoch of a box's outbox, whether it runs or not."""
    with Inspection.open(box.outbox_file) as inspection:
        return inspection.epoch


def _evenly(till: Feeder, files: int, faults: int) -> Iterator[int]:
    for number in range(faults):
        till.sell(files * (number + 1) // faults - files * number // faults)
        yield number


def _listed(alarms: Iterable[AlarmKind]) -> str:
    return ", ".join(sorted(alarms)) or "none"
