"""The tills play: files appear in the shops' folders, and we wait until nothing is owed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from models.wire.events.sale import natural_key
from models.wire.ids import TenantId, sale_id
from tests.simulators.demo.boxes import Box, CameraBox, Shop
from tests.simulators.demo.real_tills import RealDay
from tests.simulators.demo.stage import TENANT
from tests.simulators.demo.stopwatch import Stopwatch
from tests.simulators.processes import eventually
from tests.simulators.till import Delivery, Played, Player, ShopDay, SystemPlayerClock

_TAKEN_TIMEOUT_S = 30.0


def play_day(
    shop: Shop,
    day: ShopDay,
    stopwatch: Stopwatch,
    *,
    speed: float | None,
    progress: Callable[[int, int], None],
) -> None:
    """Play a simulated day; as fast as it goes, the next file waits until the last was taken."""
    deliveries = list(day.deliveries())
    player = Player(shop.till, SystemPlayerClock(), speed=speed)
    for count, played in enumerate(_timed(player.play(deliveries), shop, stopwatch), start=1):
        if speed is None:
            _wait_until_taken(played.path)
        progress(count, len(deliveries))


def _timed(files: Iterator[Played], shop: Shop, stopwatch: Stopwatch) -> Iterator[Played]:
    for played in files:
        stopwatch.began(_sale_ids(shop, played.delivery), played.rename_began_ns)
        yield played


def _sale_ids(shop: Shop, delivery: Delivery) -> Iterator[str]:
    for transaction in delivery.transactions:
        head = transaction.head
        key = natural_key(
            shop.plan.store,
            head.store_ref,
            head.workstation,
            head.business_day,
            str(head.sequence),
        )
        yield sale_id(TenantId(TENANT), key)


def play_real(shop: Shop, day: RealDay) -> None:
    """Drop the real files into the shop's folder, one after the other."""
    for name, content in day.files:
        part = shop.till / f"{name}.part"
        part.write_bytes(content)
        part.rename(shop.till / name)
        _wait_until_taken(shop.till / name)


def settle(shops: list[Shop], door: CameraBox | None = None, timeout_s: float = 300.0) -> bool:
    """Wait until nothing is owed to the ledger; says whether that was reached in time.

    A clip at the door is waited for until it has ended; a live camera never does.
    """
    sold = eventually(lambda: not any(owed(shop, "sale") for shop in shops), timeout_s, every_s=0.5)
    if door is None or not door.door.recorded:
        return sold
    return sold and eventually(lambda: door.done and not owed(door, "footfall"), timeout_s, 0.5)


def owed(box: Box, stream: str) -> int:
    """How many events of a stream the box still owes."""
    return sum(s["pending"] for s in box.status()["streams"] if s["stream"] == stream)


def _wait_until_taken(path: Path) -> None:
    deadline = time.monotonic() + _TAKEN_TIMEOUT_S
    while path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path.name} was not taken in {_TAKEN_TIMEOUT_S:g} s")
        time.sleep(0.0005)


def progress_line(count: int, total: int) -> None:
    """One line that moves on a terminal, a line now and then in a log."""
    if sys.stderr.isatty():
        print(f"\r  {count:5d} of {total} files", end="", file=sys.stderr, flush=True)
        if count == total:
            print(file=sys.stderr)
    elif count % 250 == 0 or count == total:
        print(f"  {count} of {total} files", file=sys.stderr, flush=True)
