"""Sign-on, sign-off, no-sale and settlement as elements."""

from typing import Final, assert_never
from xml.etree.ElementTree import Element

from tests.simulators.till.elements import add
from tests.simulators.till.facts import ControlTransaction
from tests.simulators.till.money import CURRENCY, yuan
from tests.simulators.till.vocabulary import ControlKind

_CONTROL_REASONS: Final = {
    ControlKind.SIGN_ON: "Valid SignOn",
    ControlKind.SIGN_OFF: "Normal SignOff",
    ControlKind.NO_SALE: "NoSale",
    ControlKind.SETTLE: "DayEnd",
}


def add_control(parent: Element, control: ControlTransaction) -> None:
    """Append what happened; a settlement is a tender control in ARTS terms."""
    match control.kind:
        case ControlKind.SETTLE:
            element = add(parent, "TenderControlTransaction", Version="6.0")
            add(element, "ReasonCode", _CONTROL_REASONS[control.kind])
            _add_settlement(element, control)
        case ControlKind.NO_SALE:
            element = add(parent, "ControlTransaction", Version="6.0")
            add(element, "ReasonCode", _CONTROL_REASONS[control.kind])
            add(element, control.kind, control.head.end_at.isoformat())
        case ControlKind.SIGN_ON | ControlKind.SIGN_OFF:
            element = add(parent, "ControlTransaction", Version="6.0")
            add(element, "ReasonCode", _CONTROL_REASONS[control.kind])
            _add_shift(element, control)
        case _:
            assert_never(control.kind)


def _add_shift(parent: Element, control: ControlTransaction) -> None:
    element = add(parent, control.kind)
    add(element, "StartDateTimestamp", control.head.begin_at.isoformat())
    add(element, "EndDateTimestamp", control.head.end_at.isoformat())
    add(element, "OpenBusinessDayDate", control.head.business_day.isoformat())


def _add_settlement(parent: Element, control: ControlTransaction) -> None:
    element = add(parent, control.kind)
    add(element, "TillID", control.head.till)
    add(element, "TotalNetSalesAmount", yuan(control.net_fen), Currency=CURRENCY)
    add(element, "TransactionCount", str(control.booked_count))
