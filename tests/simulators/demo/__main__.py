"""``make demo``: a cloud, a Chinese convenience store's day, and real tills where there are any.

make demo                              play at 120 times the speed of life, then stay open
make demo ARGS="--once --json"         play as fast as it goes, print figures, exit
make demo ARGS="--speed 600 --sales 2000 --seed 3"
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
from collections.abc import Iterator
from pathlib import Path

from tests.simulators.demo.figures import Played, figures
from tests.simulators.demo.play import play_day, play_real, progress_line, settle
from tests.simulators.demo.real_tills import NCR_STORE, RealDay, read_real_day
from tests.simulators.demo.stage import Cloud, Ports, Shop, ShopPlan
from tests.simulators.demo.stopwatch import Stopwatch
from tests.simulators.processes import eventually, free_port, this_port_or_free
from tests.simulators.till import ShopDay

STORE = ShopPlan("sh-0001", "连客便利 静安寺店", "Asia/Shanghai", "CNY", "lianke-till")
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
    started = time.monotonic()
    password = os.environ.get("LIANKE_CONSOLE_PASSWORD") or secrets.token_urlsafe(9)
    with workshop(once=chosen.once) as folder, contextlib.ExitStack() as curtain:
        ports = Ports.free() if chosen.once else Ports.usual()
        cloud = Cloud(folder / "cloud", ports, password)
        curtain.callback(cloud.stop)
        real = real_day()
        plans = [STORE, *([NCR] if real else [])]
        enrolled = [(plan, cloud.enrol(plan)) for plan in plans]
        say("starting the cloud …")
        cloud.start()
        shops = []
        for number, (plan, secret) in enumerate(enrolled):
            port = free_port() if chosen.once else this_port_or_free(8090 + number)
            shop = Shop(folder / plan.store, plan, ports, secret, port)
            curtain.callback(shop.stop)
            say(f"starting shop {plan.store} …")
            shop.start()
            shops.append(shop)
        day = ShopDay(seed=chosen.seed, sales=chosen.sales)
        welcome(cloud, shops, day, password, once=chosen.once)
        stopwatch = Stopwatch(shops[0].url)
        curtain.callback(stopwatch.close)
        speed = chosen.speed if chosen.speed is not None else (0.0 if chosen.once else 120.0)
        play_day(shops[0], day, stopwatch, speed=speed or None, progress=progress_line)
        if real:
            play_real(shops[1], real)
        say("waiting until the ledger has everything and the cards are back …")
        played = Played(cloud, shops, day.truth, real, stopwatch)
        complete = settle(shops) and eventually(lambda: caught_up(played), 60.0, every_s=0.2)
        result = figures(played, seconds=time.monotonic() - started)
        print(json.dumps(result) if chosen.json else json.dumps(result, indent=2), flush=True)
        if not chosen.once:
            say("the day is over; everything stays open until you press Ctrl-C")
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    time.sleep(0.5)
        return 0 if complete else 1


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
