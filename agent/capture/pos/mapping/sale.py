"""A transcript to the sale that our wire knows, as one profile says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from agent.capture.pos.balance import balance_flags, goods_minor
from agent.capture.pos.dialect import Arithmetic
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.goods import direction_of, has_wrong_gtin, read_discount, read_goods
from agent.capture.pos.mapping.keys import Place, read_key, read_place
from agent.capture.pos.mapping.payments import read_taxes, read_tenders
from agent.capture.pos.mapping.rules import SaleRules
from agent.capture.pos.mapping.shopper import read_loyalty
from agent.capture.pos.mapping.transcript import Field, Texts, Transcript
from agent.capture.pos.money import Currency
from agent.capture.pos.operators import Cashiers
from agent.capture.pos.sink import CaptureContext
from agent.capture.pos.totals import Receipt
from models.wire.events.sale import (
    Capture,
    Flag,
    Kind,
    LineKind,
    Link,
    LinkReason,
    SaleRecorded,
    Status,
    Total,
)

_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_NO_CURRENCY: Final = "XXX"  # ISO 4217; a sign-on moves no money and need not say in what
_ARITHMETIC: Final = Arithmetic(grand_total=Field.TOTAL, tax_total=Field.TAX_TOTAL)
_TOTALS: Final = (Field.TOTAL, Field.SUBTOTAL, Field.TAX_TOTAL)


class SaleMapper:
    """Maps transcripts of one make of till for one device. Keeps nothing between them.

    Args:
        rules: the profile.
        context: device, clocks, zone and keys.
        tenders_known: whether this source tells at all how was paid. A source that does not cannot
            disagree with itself; one that does is checked at every sale.
    """

    def __init__(self, rules: SaleRules, context: CaptureContext, *, tenders_known: bool) -> None:
        self._rules = rules
        self._context = context
        self._tenders_known = tenders_known
        self._zone: tzinfo = ZoneInfo(rules.timezone) if rules.timezone else context.timezone
        self._cashiers = Cashiers(context.operator_key, context.device.store, rules.operators)

    def sale(self, transcript: Transcript, raw_sha256: str) -> SaleRecorded:
        """The sale, without its revision.

        Raises:
            Malformed: something that identifies or counts is missing or cannot be read. Names the
                field, never its text.
        """
        witness = self._context.witness
        try:
            return self._sale(witness.transcript(transcript) if witness else transcript, raw_sha256)
        except Malformed:
            raise
        except _FAULTS as error:
            # A mistake of ours must cost this transaction only, not all that come after it.
            raise Malformed(
                f"our reader failed on it ({type(error).__name__}); report it with what was set "
                "aside"
            ) from error

    def _sale(self, transcript: Transcript, raw_sha256: str) -> SaleRecorded:
        rules, device = self._rules, self._context.device
        direction = direction_of(transcript.header.get(Field.DIRECTION, ""), LineKind.SALE, rules)
        header = _numbered(transcript.header, direction, rules)
        kind, status = self._kind(header), self._status(header)
        place = read_place(header, rules, device, self._zone)
        currency, currency_assumed = self._currency(header, kind)
        retail = kind is Kind.RETAIL
        receipt = self._receipt(transcript, direction, currency) if retail else Receipt()
        printed = receipt.total_of(Field.TOTAL)
        total = goods_minor(receipt) if printed is None else printed
        key, derived = read_key(header, place, total, rules, device.store)
        odd = (
            (Flag.CURRENCY_ASSUMED, currency_assumed),
            (Flag.DERIVED_KEY, derived),
            (Flag.GTIN_INVALID, has_wrong_gtin(receipt.lines)),
        )
        flags = [*place.flags, *(flag for flag, is_so in odd if is_so)]
        flags += self._balance(receipt, status) if retail else []
        cashier = self._cashiers.named(header.get(Field.OPERATOR, ""))
        return SaleRecorded(
            natural_key=key,
            revision="",
            kind=kind,
            status=status,
            business_unit=place.business_unit,
            workstation_id=place.workstation_id,
            sequence_number=header.get(Field.SEQUENCE_NUMBER)
            or header.get(Field.RECEIPT_NUMBER, ""),
            business_day_date=place.business_day,
            end_at=place.end_at,
            currency=currency.code,
            capture=self._capture(raw_sha256, [*flags, *cashier.flags]),
            total_minor=total,
            begin_at=place.begin_at,
            till_id=header.get(Field.TILL_ID, ""),
            operator_ref=cashier.ref,
            transaction_id=header.get(Field.TRANSACTION_ID, ""),
            receipt_number=header.get(Field.RECEIPT_NUMBER, ""),
            lines=receipt.lines,
            discounts=receipt.discounts,
            links=self._links(header, place, direction),
            taxes=receipt.taxes,
            tenders=receipt.tenders,
            totals=receipt.totals,
            loyalty=read_loyalty(header, rules, self._context.phone_region) if retail else [],
            control="" if retail else _control(header),
        )

    def _receipt(self, transcript: Transcript, direction: LineKind, currency: Currency) -> Receipt:
        rules = self._rules
        sign = rules.sums.return_sign(direction)
        reductions = (read_discount(each, sign, currency, rules) for each in transcript.discounts)
        return Receipt(
            lines=read_goods(transcript, direction, currency, rules),
            discounts=[each for each in reductions if each is not None],
            taxes=read_taxes(transcript, direction, currency, rules),
            tenders=read_tenders(transcript, direction, currency, rules),
            totals=list(self._totals(transcript.header, direction, currency)),
        )

    def _totals(self, header: Texts, direction: LineKind, currency: Currency) -> Iterator[Total]:
        for name in _TOTALS:
            if text := header.get(name, ""):
                written = self._rules.amounts.minor(text, currency, name)
                sign = self._rules.sums.return_sign(direction, written)
                yield Total(type=name.value, amount_minor=sign * written)

    def _balance(self, receipt: Receipt, status: Status) -> list[Flag]:
        flags = balance_flags(receipt, status, _ARITHMETIC)
        if self._tenders_known:
            return flags
        return [flag for flag in flags if flag is not Flag.TENDERS_DISAGREE]

    def _kind(self, header: Texts) -> Kind:
        kind = self._rules.kind_of(header.get(Field.KIND, ""))
        if kind is None:
            raise Malformed(self._unknown("kind", "kinds"))
        return kind

    def _status(self, header: Texts) -> Status:
        """What became of it. Training outranks everything, since it never happened."""
        if self._rules.says_yes(header.get(Field.TRAINING, "")):
            return Status.TRAINING
        status = self._rules.status_of(header.get(Field.STATUS, ""))
        if status is None:
            raise Malformed(self._unknown("status", "statuses"))
        return status

    def _currency(self, header: Texts, kind: Kind) -> tuple[Currency, bool]:
        stated = header.get(Field.CURRENCY, "")
        code = stated or self._rules.currency
        if not code and kind is Kind.RETAIL:
            raise Malformed("currency is missing; name the shop's currency in the till profile")
        return Currency.of(code or _NO_CURRENCY), bool(code) and not stated

    def _links(self, header: Texts, place: Place, direction: LineKind) -> list[Link]:
        number = header.get(Field.LINK_SEQUENCE_NUMBER, "")
        if not number:
            return []
        day = header.get(Field.LINK_BUSINESS_DAY, "")
        default = LinkReason.RETURN if direction is LineKind.RETURN else LinkReason.OTHER
        reason = header.get(Field.LINK_REASON, "")
        return [
            Link(
                reason=self._rules.link_reasons.get(reason, default),
                business_unit=header.get(Field.LINK_BUSINESS_UNIT, ""),
                workstation_id=header.get(Field.LINK_WORKSTATION_ID) or place.workstation_id,
                business_day_date=(
                    self._rules.moments.day(day, Field.LINK_BUSINESS_DAY) if day else None
                ),
                sequence_number=number,
            )
        ]

    def _capture(self, raw_sha256: str, flags: list[Flag]) -> Capture:
        return Capture(
            adapter=self._rules.adapter.value,
            profile=self._rules.name,
            profile_version=self._rules.version,
            raw_sha256=raw_sha256,
            flags=flags,
            rank=self._rules.source_rank,
        )

    def _unknown(self, what: str, table: str) -> str:
        return f"its {what} is not known to profile {self._rules.name!r}; add it to [{table}]"


def _control(header: Texts) -> str:
    return header.get(Field.CONTROL) or header.get(Field.KIND, "")


def _numbered(header: Texts, direction: LineKind, rules: SaleRules) -> Texts:
    """A return of a till that counts returns by themselves has a number of its own kind."""
    number = header.get(Field.SEQUENCE_NUMBER, "")
    if direction is not LineKind.RETURN or not rules.returns_prefix or not number:
        return header
    printed = header.get(Field.RECEIPT_NUMBER) or number
    return {
        **header,
        Field.SEQUENCE_NUMBER: rules.returns_prefix + number,
        Field.RECEIPT_NUMBER: printed,
    }
