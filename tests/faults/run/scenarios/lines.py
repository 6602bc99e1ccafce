"""A bad line between shop and broker: slow, silent, torn, up and down, deaf, pulled out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from tests.faults.run.premises import Premises
from tests.faults.run.scenario import Result, Setting
from tests.simulators.authority import Authority
from tests.simulators.cable import cable
from tests.simulators.impairment import BadLine, Outage, Quality
from tests.simulators.processes import NotReady, eventually

LONGEST_S = 4.0
KEEPALIVE_S = 5
FLAP_S = 5.0
SALES_PER_FAULT = 10
START_S = 30.0


def _tear(line: BadLine) -> None:
    line.impair(Quality(reset_within=2_000), Quality(reset_within=2_000))
    line.reset()


IMPAIRMENTS: Final[tuple[Callable[[BadLine], object], ...]] = (
    lambda line: line.impair(Quality(stalls=True), Quality(stalls=True)),
    lambda line: line.impair(Quality(delay_s=2.0), Quality(delay_s=2.0)),
    lambda line: line.impair(Quality(bytes_per_s=300), Quality(bytes_per_s=300)),
    _tear,
    lambda line: line.half_open(),
    lambda line: line.impair(down=Quality(swallows=True)),
    lambda line: line.refuse(),
)
"""Stalls, 2 s of delay, a trickle, resets in mid-packet, half-open both ways and one way, down."""

TORN: Final = 3
"""Which of them resets in mid-packet."""


def play_impairments(setting: Setting) -> Result:
    """One after the other, each for some seconds, with a perfect line in between."""
    longest_s = LONGEST_S * setting.pace
    here = Premises(setting, sales=SALES_PER_FAULT * setting.faults)
    with BadLine(here.cloud.broker.address, setting.seed) as line:
        here.add_shop(line.address, keepalive_s=KEEPALIVE_S)
        with here:
            with here.selling(setting.faults) as faults:
                for number in faults:
                    IMPAIRMENTS[number % len(IMPAIRMENTS)](line)
                    here.moment(longest_s)
                    line.heal()
                    here.moment(longest_s / 2)
            return Result(setting.faults, here.census())


def play_tls(setting: Setting) -> Result:
    """Mutual TLS: a broker that dies and an impaired line in turns; handshakes are torn, too."""
    authority = Authority(setting.folder / "authority")
    here = Premises(setting, sales=SALES_PER_FAULT * setting.faults, authority=authority)
    with BadLine(here.cloud.broker.address, setting.seed) as line:
        here.add_shop(line.address, keepalive_s=KEEPALIVE_S)
        with here:
            with here.selling(setting.faults) as faults:
                for number in faults:
                    here.moment(LONGEST_S / 4 * setting.pace)
                    if number % 2:
                        here.cloud.broker.restart()
                    else:
                        IMPAIRMENTS[(TORN + number // 2) % len(IMPAIRMENTS)](line)
                        here.moment(LONGEST_S * setting.pace)
                        line.heal()
            return Result(setting.faults, here.census())


def play_flapping(setting: Setting) -> Result:
    """5 s up, 5 s down; every other time connections are reset rather than silent."""
    flap_s = FLAP_S * setting.pace
    here = Premises(setting, sales=SALES_PER_FAULT * setting.faults)
    with BadLine(here.cloud.broker.address, setting.seed) as line:
        here.add_shop(line.address, keepalive_s=KEEPALIVE_S)
        with here:
            with here.selling(setting.faults) as faults:
                for number in faults:
                    outage = Outage.RESETS if number % 2 else Outage.STALLS
                    line.flap(flap_s, flap_s, outage)
                    time.sleep(2 * flap_s)
            line.heal()
            return Result(setting.faults, here.census())


def play_pulled_cable(setting: Setting) -> Result:
    """The box is in a network of its own, and its cable is pulled and plugged in again."""
    here = Premises(setting, sales=SALES_PER_FAULT * setting.faults)
    with cable() as wire, BadLine(here.cloud.broker.address, host=wire.outside) as line:
        shop = here.add_shop(line.address, keepalive_s=KEEPALIVE_S)
        shop.wrapping = wire.command()
        shop.start = shop.launch  # type: ignore[method-assign] # its page answers inside alone
        with here:
            if not eventually(shop.outbox_file.exists, START_S):
                raise NotReady(shop.program.last_words())
            with here.selling(setting.faults) as faults:
                for _ in faults:
                    here.moment(LONGEST_S / 2 * setting.pace)
                    wire.pull()
                    here.moment(LONGEST_S * setting.pace)
                    wire.plug()
            found = here.census()
            here.stop()
            return Result(setting.faults, found)
