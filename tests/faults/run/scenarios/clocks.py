"""A wall clock that wakes in 1970, jumps an hour either way, or drifts: nothing is misdated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import TextClause, create_engine, text

from tests.faults.clocks import WrongClock
from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting

SALES_PER_FAULT = 10
LONGEST_S = 2.0
HOUR_S = 3600.0
PARTS_PER_MILLION = 20_000
TOLERANCE_S = 60.0
"""A sale is dated when it is captured and arrives within seconds, unless faults hold it up."""

_MISDATED = text(
    "SELECT count(*) FROM ledger_event WHERE natural_key IS NOT NULL AND"
    " abs(coalesce(corrected_ms, time_ms) - received_ms) > :tolerance_ms"
)


_BOOTS = text("SELECT count(DISTINCT bootid) FROM device_boot")


def _reboot_in_1970(here: Premises, clock: WrongClock) -> None:
    here.shop.program.kill()
    clock.reboot()
    clock.wake_in_1970()
    here.shop.start()


def _jump(seconds: float) -> Callable[[Premises, WrongClock], None]:
    return lambda _here, clock: clock.show(ahead_s=seconds)


def _drift(_here: Premises, clock: WrongClock) -> None:
    clock.drift(PARTS_PER_MILLION)


FAULTS: Final = (_jump(0.0), _jump(HOUR_S), _jump(-HOUR_S), _drift, _reboot_in_1970)
"""The first one is a time service that corrects the last; the drift begins an hour late."""


def play(setting: Setting) -> Result:
    """The agent's clock goes wrong in one way after the other while it sells."""
    clock = WrongClock(setting.folder / "clock")
    here = Premises(setting, sales=SALES_PER_FAULT * setting.faults)
    here.add_shop().environment = clock.environment
    clock.wake_in_1970()
    with here:
        with here.selling(setting.faults) as faults:
            for number in faults:
                FAULTS[number % len(FAULTS)](here, clock)
                here.moment(LONGEST_S)
        found = here.census()
        misdated = _asked(here, _MISDATED, tolerance_ms=TOLERANCE_S * 1000)
        boots = _asked(here, _BOOTS)
    if misdated:
        raise NotShown(f"{misdated} of {found.injected} sales are dated over {TOLERANCE_S:g} s off")
    if boots < (due := 1 + setting.faults // len(FAULTS)):
        raise NotShown(f"the cloud heard of {boots} boots, not of {due}")
    return Result(setting.faults, found)


def _asked(here: Premises, question: TextClause, **values: float) -> int:
    engine = create_engine(here.database_url)
    with engine.connect() as connection:
        answer = int(connection.execute(question, values).scalar_one())
    engine.dispose()
    return answer
