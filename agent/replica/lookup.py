"""Identifiers as keyed fingerprints, so that the cache finds a member without naming one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.replica.query import LAST_DIGITS, Query, plain
from agent.replica.sales import Receipt
from models.people.phones import PhoneNumbers
from models.people.placeholders import PLACEHOLDER_CODES, Placeholders
from models.vault.master import Fingerprints
from models.wire.cards import Card
from models.wire.events.sale import Loyalty, Scheme


@dataclass(frozen=True, slots=True)
class KnownBy:
    """Fingerprints of a member.

    Attributes:
        strong: of identifiers that are one person's. Cards first, the phone last: that is how much
            they are worth when only typed or swiped at a till (the members' key policy).
        weak: of last digits and surname, which several people may share; for finding only.
    """

    strong: tuple[bytes, ...]
    weak: tuple[bytes, ...]


class LookUps:
    """Makes fingerprints. Phone numbers are brought to E.164 first, placeholders left out."""

    def __init__(self, fingerprints: Fingerprints, phones: PhoneNumbers) -> None:
        self._of = fingerprints.of
        self._phones = phones
        self._placeholder_codes = Placeholders(PLACEHOLDER_CODES)

    def of_card(self, card: Card) -> KnownBy:
        """All by which this member is found."""
        phones = [e164 for e164 in map(self._phones.e164, card.phones) if e164]
        strong = [self._of(Scheme.CARD, plain(number)) for number in card.cards]
        strong += [self._of(Scheme.MEMBER_CODE, plain(code)) for code in card.member_codes]
        strong += [self._of(Scheme.PHONE, phone) for phone in phones]
        surname = plain(card.family_name)
        weak = [self._last_four(phone[-LAST_DIGITS:], surname) for phone in phones if surname]
        return KnownBy(tuple(dict.fromkeys(strong)), tuple(dict.fromkeys(weak)))

    def of_query(self, query: Query) -> tuple[bytes, ...]:
        """All that the typed text may mean."""
        if query.last_four and query.surname:
            return (self._last_four(query.number, query.surname),)
        phone = self._phones.e164(query.number)
        read_as = [self._of(Scheme.PHONE, phone)] if phone else []
        codes = (Scheme.CARD, Scheme.MEMBER_CODE)
        return (*read_as, *(self._of(scheme, query.number) for scheme in codes))

    def of_receipt(self, receipt: Receipt) -> bytes:
        """A transaction's place in the shop's day."""
        return self._of("receipt", str(receipt))

    def card_of(self, ref: str, loyalty: Sequence[Loyalty]) -> Card:
        """A provisional card: only what the till read."""
        named = next((one for one in loyalty if one.family_name or one.given_name), None)
        return Card(
            one_id=ref,
            version=0,
            since="",
            visits=0,
            spend=[],
            phones=_unique(self._phones.e164(value) for value in _values(loyalty, Scheme.PHONE)),
            cards=self._codes(loyalty, Scheme.CARD),
            member_codes=self._codes(loyalty, Scheme.MEMBER_CODE),
            family_name=named.family_name if named else "",
            given_name=named.given_name if named else "",
        )

    def _codes(self, loyalty: Sequence[Loyalty], scheme: Scheme) -> list[str]:
        codes = _values(loyalty, scheme)
        return _unique(code for code in codes if code not in self._placeholder_codes)

    def _last_four(self, digits: str, surname: str) -> bytes:
        return self._of("last4", f"{digits}|{surname}")


def _values(loyalty: Sequence[Loyalty], scheme: Scheme) -> list[str]:
    return [one.value for one in loyalty if one.scheme is scheme]


def _unique(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
