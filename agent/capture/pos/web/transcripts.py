"""A posted transaction in the texts that the mapper reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent.capture.pos.mapping.transcript import Field, Texts, Transcript
from agent.capture.pos.web.bodies import text_of
from agent.capture.pos.web.posted import (
    PostedDiscount,
    PostedLine,
    PostedLink,
    PostedSale,
    PostedTax,
    PostedTender,
)

_HEADER: Final[Mapping[Field, str]] = {
    Field.TRANSACTION_ID: "id",
    Field.BUSINESS_UNIT: "business_unit",
    Field.WORKSTATION_ID: "workstation",
    Field.TILL_ID: "till",
    Field.BUSINESS_DAY: "business_day",
    Field.SEQUENCE_NUMBER: "number",
    Field.RECEIPT_NUMBER: "receipt_number",
    Field.OPERATOR: "operator",
    Field.BEGIN_AT: "began_at",
    Field.END_AT: "ended_at",
    Field.KIND: "kind",
    Field.STATUS: "status",
    Field.CONTROL: "control",
    Field.CURRENCY: "currency",
    Field.TOTAL: "total_minor",
    Field.PHONE: "phone",
    Field.CARD: "card",
    Field.MEMBER_CODE: "member_code",
    Field.FAMILY_NAME: "family_name",
    Field.GIVEN_NAME: "given_name",
}


def transcript_of(posted: PostedSale) -> Transcript:
    """The same, under the mapper's names; what is empty is left out."""
    header = {name: text_of(getattr(posted, member)) for name, member in _HEADER.items()}
    return Transcript(
        header=_present(header | _link(posted.refers_to)),
        lines=[_line(each) for each in posted.lines],
        tenders=[_tender(each) for each in posted.tenders],
        taxes=[_tax(each) for each in posted.taxes],
        discounts=[_discount(each) for each in posted.discounts],
    )


def _line(line: PostedLine) -> Texts:
    texts = {
        Field.LINE_DIRECTION: line.direction,
        Field.ITEM_ID: line.item_id,
        Field.GTIN: line.gtin,
        Field.DESCRIPTION: line.description,
        Field.QUANTITY: line.quantity,
        Field.UOM: line.uom,
        Field.REGULAR_PRICE: text_of(line.regular_price_minor),
        Field.ACTUAL_PRICE: text_of(line.actual_price_minor),
        Field.AMOUNT: text_of(line.amount_minor),
        Field.VOID: text_of(line.void),
    }
    return _present(texts | (_discount(line.discount) if line.discount else {}))


def _discount(discount: PostedDiscount) -> dict[Field, str]:
    return {
        Field.DISCOUNT: text_of(discount.amount_minor),
        Field.DISCOUNT_REASON: discount.reason,
    }


def _tender(tender: PostedTender) -> Texts:
    return {
        Field.TENDER_TYPE: tender.type,
        Field.TENDER_AMOUNT: text_of(tender.amount_minor),
        Field.TENDER_CHANGE: text_of(tender.change_minor),
        # As receipts print it; a bare number would be taken for one of a member.
        Field.TENDER_CARD: f"****{tender.card_last4}" if tender.card_last4 else "",
    }


def _tax(tax: PostedTax) -> Texts:
    return {
        Field.TAX_ID: tax.tax_id,
        Field.TAX_AMOUNT: text_of(tax.amount_minor),
        Field.TAX_PERCENT: tax.percent,
        Field.TAXABLE: text_of(tax.taxable_minor),
        Field.TAX_INCLUDED: text_of(tax.included),
    }


def _link(link: PostedLink | None) -> dict[Field, str]:
    if link is None:
        return {}
    return {
        Field.LINK_REASON: link.reason,
        Field.LINK_BUSINESS_UNIT: link.business_unit,
        Field.LINK_WORKSTATION_ID: link.workstation,
        Field.LINK_BUSINESS_DAY: link.business_day,
        Field.LINK_SEQUENCE_NUMBER: link.number,
    }


def _present(texts: dict[Field, str]) -> dict[Field, str]:
    return {name: text for name, text in texts.items() if text}
