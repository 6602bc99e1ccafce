"""Eight hours offline in a busy shop, then a thin line: what is fresh overtakes the backlog."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Final

from agent.outbox import Inspection
from models.wire.topics import Stream
from tests.faults.run.census import key_of, ledger_entries
from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting
from tests.faults.run.shop_floor import PLAN
from tests.simulators.impairment import BadLine, Quality
from tests.simulators.processes import eventually
from tests.simulators.till import Delivery, Player, ShopDay, SystemPlayerClock

BACKLOG: Final = {False: 100_000, True: 3_000}
LINE_BYTES_PER_S: Final = {False: 2_000_000, True: 300_000}
SALES_PER_TILL: Final = 900
FILE_TRANSACTIONS: Final = 200
RESEND_AFTER_S: Final = 10.0
FRESH: Final = {False: 20, True: 5}
CAPTURE_S: Final = 1_200.0
FRESH_WITHIN_S: Final = 30.0


def play(setting: Setting) -> Result:
    """One long outage; its fault counts once, its sales are as many as a busy shop's."""
    backlog = BACKLOG[setting.quick]
    here = Premises(setting, sales=backlog, workstations=-(-backlog // SALES_PER_TILL))
    here.files = here.day.deliveries(FILE_TRANSACTIONS)
    tomorrow = ShopDay(
        seed=setting.seed + 1, sales=50, business_day=here.day.business_day + timedelta(days=1)
    )
    with BadLine(here.cloud.broker.address) as line:
        here.add_shop(line.address, resend_after_s=RESEND_AFTER_S)
        with here:
            line.refuse()
            here.sell()
            if not eventually(lambda: not here.till_waits(), CAPTURE_S, 0.5):
                raise NotShown("the backlog was not captured in time")
            line.heal()
            line.impair(up=Quality(bytes_per_s=LINE_BYTES_PER_S[setting.quick]))
            _sell_fresh(here, tomorrow.deliveries()[: FRESH[setting.quick]])
            line.heal()
            here.drained()
            return Result(1, here.census())


def _sell_fresh(here: Premises, files: list[Delivery]) -> None:
    """Sell one by one and watch each arrive, while there is a backlog."""
    waits_s: list[float] = []
    owed = _owed(here)
    if not eventually(lambda: _owed(here) < owed, FRESH_WITHIN_S):
        raise NotShown("the backlog does not drain")
    for played in Player(here.shop.till, SystemPlayerClock()).play(files):
        here.given.append(played.delivery)
        begun_s = time.monotonic()
        key = key_of(played.delivery.transactions[0], PLAN.store)
        arrived = eventually(lambda key=key: key in _entries(here), FRESH_WITHIN_S, 0.05)  # type: ignore[misc]
        left = _owed(here)
        if not left:
            break
        if not arrived:
            raise NotShown(f"a fresh sale waited {FRESH_WITHIN_S:g} s behind {left} old ones")
        waits_s.append(time.monotonic() - begun_s)
    if not waits_s:
        raise NotShown("the backlog was gone before a fresh sale could overtake it")
    here.setting.tell(
        f"{len(waits_s)} fresh sales overtook a backlog of {owed}; the slowest took "
        f"{max(waits_s):.2f} s, the median {sorted(waits_s)[len(waits_s) // 2]:.2f} s"
    )


def _entries(here: Premises) -> set[str]:
    return set(ledger_entries(here.database_url, PLAN.store))


def _owed(here: Premises) -> int:
    with Inspection.open(here.shop.outbox_file) as inspection:
        return sum(each.pending for each in inspection.depths() if each.stream == Stream.SALE)
