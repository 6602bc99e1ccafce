"""``make demo``: a cloud, a Chinese convenience store's day, and real tills where there are any.

make demo                              play at 120 times the speed of life, then stay open
make demo ARGS="--once --json"         play as fast as it goes, print figures, exit
make demo ARGS="--speed 600 --sales 2000 --seed 3"
make demo CAMERA=0                     without a camera; CAMERA=clip.mp4 or rtsp://… for another
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from datetime import time as wall_time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from tests.simulators.demo.boxes import Box, CameraBox, Shop
from tests.simulators.demo.door import Door, find_door, make_sight_ready
from tests.simulators.demo.figures import Played, figures
from tests.simulators.demo.play import play_day, play_real, progress_line, settle
from tests.simulators.demo.real_tills import NCR_STORE, RealDay, read_real_day
from tests.simulators.demo.stage import Cloud, Ports, ShopPlan
from tests.simulators.demo.stopwatch import Stopwatch
from tests.simulators.processes import eventually, free_port, this_port_or_free
from tests.simulators.till import ShopDay

STORE = ShopPlan("sh-0001", "连客便利 静安寺店", "Asia/Shanghai", "CNY", "lianke-till")
AFTER_WORK: Final = wall_time(17, 59)
"""When the clip at the door was recorded: the busiest hour of the simulated shop."""
NCR = ShopPlan(NCR_STORE, "NCR sample store 9", "America/Los_Angeles", "USD", "ncr-acs-2.1")


def say(text: str) -> None:
    """Progress goes to stderr; stdout is for the figures."""
    print(text, file=sys.stderr, flush=True)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make demo ARGS=…", description="Play a shop's day.")
    parser.add_argument("--once", action="store_true", help="play the day to its end and exit")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON line")
    parser.add_argument("--sales", type=int, default=1000, help="retail transactions at least")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--speed", type=float, help="seconds of the day per second; 0 is as fast as it goes"
    )
    return parser.parse_args()


def real_day() -> RealDay | None:
    """The real files, where LIANKE_DATA names a folder that has some."""
    folder = os.environ.get("LIANKE_DATA", "")
    if not folder or not (Path(folder) / "poslog").is_dir():
        say("no real till files (LIANKE_DATA is not set): the simulated shop plays alone")
        return None
    return read_real_day(Path(folder))


@contextlib.contextmanager
def workshop(*, once: bool) -> Iterator[Path]:
    """A folder for the run: thrown away after ``--once``, else kept as .demo until the next."""
    if once:
        with tempfile.TemporaryDirectory(prefix="lianke-demo-") as temporary:
            yield Path(temporary)
        return
    folder = Path(".demo").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder


def main() -> int:
    """Set the stage, play, report."""
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that cloud and shops end with us
    password = os.environ.get("LIANKE_CONSOLE_PASSWORD") or secrets.token_urlsafe(9)
    real = real_day()
    door = find_door(os.environ, say, make_sight_ready)
    started = time.monotonic()
    with workshop(once=chosen.once) as folder, contextlib.ExitStack() as curtain:
        stage = Stage(folder, chosen, password, curtain)
        shops = stage.open_shops([STORE, *([NCR] if real else [])])
        day = ShopDay(seed=chosen.seed, sales=chosen.sales)
        camera = stage.open_door(door, day) if door else None
        stage.raise_curtain([*shops, *([camera] if camera else [])])
        welcome(stage.cloud, shops, day, password, once=chosen.once)
        stopwatch = Stopwatch(shops[0].url)
        curtain.callback(stopwatch.close)
        play_day(shops[0], day, stopwatch, speed=stage.speed or None, progress=progress_line)
        if real:
            play_real(shops[1], real)
        say("waiting until the ledger has everything and the cards are back …")
        played = Played(stage.cloud, shops, camera, day.truth, real, stopwatch)
        complete = settle(shops, camera) and eventually(
            lambda: caught_up(played), 60.0, every_s=0.2
        )
        result = figures(played, seconds=time.monotonic() - started)
        print(json.dumps(result) if chosen.json else json.dumps(result, indent=2), flush=True)
        if not chosen.once:
            stay_open()
        return 0 if complete else 1


class Stage:
    """Cloud, shops and the door, enrolled and started in this order."""

    def __init__(
        self,
        folder: Path,
        chosen: argparse.Namespace,
        password: str,
        curtain: contextlib.ExitStack,
    ) -> None:
        """Everything that is started ends with the curtain."""
        self.folder = folder
        self.once: bool = chosen.once
        self.speed: float = (
            (0.0 if chosen.once else 120.0) if chosen.speed is None else chosen.speed
        )
        self.ports = Ports.free() if chosen.once else Ports.usual()
        self.cloud = Cloud(folder / "cloud", self.ports, password)
        self._curtain = curtain
        curtain.callback(self.cloud.stop)

    def open_shops(self, plans: Sequence[ShopPlan]) -> list[Shop]:
        """A box at the till of every shop."""
        return [self._open_shop(number, plan) for number, plan in enumerate(plans)]

    def _open_shop(self, number: int, plan: ShopPlan) -> Shop:
        port = free_port() if self.once else this_port_or_free(8090 + number)
        secret = self.cloud.enrol(plan)
        return Shop(self.folder / plan.store, plan, self.ports, secret, port)

    def open_door(self, door: Door, day: ShopDay) -> CameraBox:
        """The box at the first shop's door; a clip plays at its own speed while people watch."""
        begin_at = datetime.combine(day.business_day, AFTER_WORK, ZoneInfo(STORE.timezone))
        return CameraBox(
            self.folder / STORE.camera,
            STORE,
            self.ports,
            self.cloud.enrol(STORE, STORE.camera, "camera"),
            door,
            begin_at=begin_at if door.recorded else None,
            speed=0.0 if self.once else 1.0,
        )

    def raise_curtain(self, boxes: Sequence[Box]) -> None:
        """Start the cloud and then the boxes."""
        say("starting the cloud …")
        self.cloud.start()
        for box in boxes:
            self._curtain.callback(box.stop)
            say(f"starting {box.device} …")
            box.start()


def stay_open() -> None:
    """Until somebody ends it."""
    say("the day is over; everything stays open until you press Ctrl-C")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(0.5)


def caught_up(played: Played) -> bool:
    """Whether every member's card has come down to every shop that knows them."""
    status = played.cloud.status()
    heads = status["cards"]
    return status["lag"] == 0 and all(
        shop.status()["cards_through"] == heads.get(shop.plan.store, 0) for shop in played.shops
    )


def welcome(cloud: Cloud, shops: list[Shop], day: ShopDay, password: str, *, once: bool) -> None:
    """Say where to look."""
    if once:
        return
    member = next((m for m in day.truth.members.values() if m.phone and m.visits > 1), None)
    say("")
    say(f"  console        {cloud.url}    password: {password}")
    say(f"  guide's page   {shops[0].url}" + (f"    try: {member.phone}" if member else ""))
    say(f"  pull the line  kill {cloud.program.pid}   (the till goes on; the card still changes)")
    say(f"  and back       .venv/bin/lianke-cloud serve --config {cloud.config}")
    say("")


if __name__ == "__main__":
    sys.exit(main())
