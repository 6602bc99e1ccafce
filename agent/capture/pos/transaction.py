"""One ``Transaction`` element to the sale that our wire knows."""

from __future__ import annotations

from datetime import tzinfo
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from agent.capture.pos.balance import balance_flags, goods_minor
from agent.capture.pos.fields import first_text
from agent.capture.pos.gtin import GtinKind, kind_of_gtin
from agent.capture.pos.header import Header, control_of, operator_of, read_header, status_of
from agent.capture.pos.links import read_links
from agent.capture.pos.operators import Cashiers
from agent.capture.pos.profile import TillProfile
from agent.capture.pos.receipt import read_receipt
from agent.capture.pos.settlement import read_settlement
from agent.capture.pos.shopper import read_loyalty
from agent.capture.pos.sink import CaptureContext
from agent.capture.pos.totals import Receipt
from models.wire.events.sale import (
    Capture,
    Flag,
    Kind,
    LinkReason,
    Loyalty,
    SaleRecorded,
    Status,
)

ADAPTER = "poslog"


class TransactionReader:
    """Maps elements as one profile says. The sale has no revision yet."""

    def __init__(self, profile: TillProfile, context: CaptureContext) -> None:
        self._profile = profile
        self._dialects = profile.dialects()
        self._store = context.device.store
        self._phone_region = context.phone_region
        self._witness = context.witness
        self._zone: tzinfo = ZoneInfo(profile.timezone) if profile.timezone else context.timezone
        self._cashiers = Cashiers(context.operator_key, self._store, profile.operators)

    def read(self, transaction: Element, raw_sha256: str) -> SaleRecorded:
        """The sale; raises Malformed where something that identifies or counts cannot be read."""
        if self._witness is not None:
            transaction = self._witness.element(transaction)
        header = read_header(transaction, self._profile, self._zone)
        status = status_of(transaction, header.body, self._profile)
        receipt = self._receipt(header)
        cashier = self._cashiers.named(operator_of(transaction))
        flags = [*header.flags, *self._balance(header, receipt, status), *_code_flags(receipt)]
        body = header.body
        grand = receipt.grand_total(self._profile.arithmetic)
        return SaleRecorded(
            natural_key=header.natural_key(self._store),
            revision="",
            kind=header.kind,
            status=status,
            business_unit=header.business_unit,
            workstation_id=header.workstation_id,
            sequence_number=header.sequence_number,
            business_day_date=header.business_day_date,
            end_at=header.end_at,
            currency=header.currency.code,
            capture=self._capture(raw_sha256, [*flags, *cashier.flags]),
            total_minor=goods_minor(receipt) if grand is None else grand,
            begin_at=header.begin_at,
            till_id=header.till_id,
            operator_ref=cashier.ref,
            transaction_id=header.transaction_id,
            receipt_number=first_text(transaction, ("ReceiptNumber", f"{body.tag}/ReceiptNumber")),
            lines=receipt.lines,
            discounts=receipt.discounts,
            links=receipt.links,
            taxes=receipt.taxes,
            tenders=receipt.tenders,
            totals=receipt.totals,
            loyalty=self._loyalty(transaction, header),
            control="" if header.kind is Kind.RETAIL else control_of(body),
        )

    def _receipt(self, header: Header) -> Receipt:
        if header.kind is Kind.RETAIL:
            return read_receipt(header.body, header.currency, self._dialects)
        links = read_links(header.body, self._profile, LinkReason.OTHER)
        return Receipt(totals=read_settlement(header.body, header.currency), links=links)

    def _balance(self, header: Header, receipt: Receipt, status: Status) -> list[Flag]:
        if header.kind is not Kind.RETAIL:
            return []
        return balance_flags(receipt, status, self._profile.arithmetic)

    def _loyalty(self, transaction: Element, header: Header) -> list[Loyalty]:
        if header.kind is not Kind.RETAIL:
            return []
        return read_loyalty(transaction, header.body, self._profile, self._phone_region)

    def _capture(self, raw_sha256: str, flags: list[Flag]) -> Capture:
        return Capture(
            adapter=ADAPTER,
            profile=self._profile.name,
            profile_version=self._profile.version,
            raw_sha256=raw_sha256,
            flags=flags,
            rank=self._profile.source_rank,
        )


def _code_flags(receipt: Receipt) -> list[Flag]:
    """A barcode that cannot be one is kept as it was read."""
    codes = (line.gtin for line in receipt.lines if line.gtin)
    wrong = any(kind_of_gtin(code) is GtinKind.INVALID for code in codes)
    return [Flag.GTIN_INVALID] if wrong else []
