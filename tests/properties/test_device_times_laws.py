"""Any sequence of clock jumps, outages and reboots: no event is lost, and each boot is in order."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from models.wire.envelope import ClockQuality
from tests.simulators.clocked_shop import ClockedShop
from tests.simulators.clocks_of_boots import START_MS
from tests.simulators.databases import SqliteDatabases
from tests.simulators.facts import a_sale

HOUR_MS = 3_600_000
jumps = st.tuples(
    st.just("jump"),
    st.sampled_from([-START_MS, -HOUR_MS, HOUR_MS, 0, 5_000, 40 * 365 * 24 * HOUR_MS]),
)
pauses = st.tuples(st.just("pass"), st.integers(1, 30 * HOUR_MS) | st.integers(1, 60_000))
doings = st.tuples(
    st.sampled_from(["capture", "capture", "connect", "send", "late", "reboot"]), st.just(0)
)


def act(shop: ClockedShop, doing: str, value: int, number: int) -> None:
    match doing:
        case "jump":
            shop.box.wall_off_ms = value
        case "pass":
            shop.box.pass_ms(value)
        case "capture":
            known_wrong = shop.box.wall_off_ms < 0
            shop.capture(a_sale(number), ClockQuality.UNSET if known_wrong else ClockQuality.FREE)
        case "connect":
            shop.connect()
        case "send" | "late":
            shop.send(historical=doing == "late")
        case _:
            shop.reboot()


@given(st.lists(jumps | pauses | doings, max_size=40), st.integers(-100, 100))
def test_nothing_is_lost_and_the_times_of_a_boot_follow_its_monotonic_clock(
    story: list[tuple[str, int]], ppm: int
) -> None:
    with TemporaryDirectory() as folder:
        shop = ClockedShop(Path(folder), SqliteDatabases(hasty=True))
        shop.box.ppm = ppm
        for number, (doing, value) in enumerate(story, 1):
            act(shop, doing, value, number)
        shop.send(historical=True)
        entries = shop.entries()
        shop.close()
    assert len(entries) == len(shop.sent) == sum(doing == "capture" for doing, _ in story)
    dated = sorted(
        (one.bootid, one.monotonic_ms, entry.captured_at, entry.received_at)
        for one, entry in zip(shop.sent, entries, strict=True)
    )
    for _, boot in groupby(dated, key=lambda one: one[0]):
        times = [captured_at for _, _, captured_at, _ in boot]
        assert times == sorted(times)
    assert all(captured_at <= received_at for _, _, captured_at, received_at in dated)
