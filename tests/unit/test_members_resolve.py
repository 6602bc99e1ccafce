"""The decision table: every line is a case, and stands in ``docs/explanation/members.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cloud.members.names import UNKNOWN, Name
from cloud.members.ownership import Held, Reason
from cloud.members.policy import IdentityPolicy, Strength
from cloud.members.resolve import Claiming, Conflict, Decision, Outcome, decide
from cloud.members.sighting import Fingerprint, Shown
from models.wire.events.sale import Scheme
from models.wire.ids import OneId

DOCUMENT = Path(__file__).parents[2] / "docs" / "explanation" / "members.md"
POLICY = IdentityPolicy(most_per_member=2, most_holders=3, silence_days=100)
DAY_MS = 86_400_000
NOW = 1000 * DAY_MS
A, B, C = OneId("A"), OneId("B"), OneId("C")
WANG, LI = Name("王", "伟"), Name("李", "芳")
PHONE, OTHER_PHONE = Fingerprint(b"phone"), Fingerprint(b"other phone")
CARD, CODE = Fingerprint(b"card"), Fingerprint(b"code")


def typed(name: Name = UNKNOWN, phone: Fingerprint = PHONE) -> Shown:
    return Shown(phone, Scheme.PHONE, Strength.ASSERTED, name)


def proved(name: Name = UNKNOWN, phone: Fingerprint = PHONE) -> Shown:
    return Shown(phone, Scheme.PHONE, Strength.VERIFIED, name)


def read_card(name: Name = UNKNOWN, strength: Strength = Strength.ASSERTED) -> Shown:
    return Shown(CARD, Scheme.CARD, strength, name)


def read_code(name: Name = UNKNOWN) -> Shown:
    return Shown(CODE, Scheme.MEMBER_CODE, Strength.ASSERTED, name)


def verified(
    one_id: OneId,
    name: Name = UNKNOWN,
    *,
    since: int = 900,
    seen: int = 990,
    until: int | None = None,
) -> Held:
    """Days; the record's own is 1000."""
    return Held(
        one_id=one_id,
        strength=Strength.VERIFIED,
        valid_from_ms=since * DAY_MS,
        last_seen_ms=seen * DAY_MS,
        valid_to_ms=None if until is None else until * DAY_MS,
        name=name,
    )


def asserted(one_id: OneId, name: Name = UNKNOWN, *, since: int = 900, seen: int = 990) -> Held:
    held = verified(one_id, name, since=since, seen=seen)
    return replace(held, strength=Strength.ASSERTED)


def noted(identifier: Fingerprint, holder: OneId | None, reason: Reason) -> Conflict:
    return Conflict(identifier, holder, reason)


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Attributes:
        line: the sentence, as the document has it.
        at: the day of the record.
    """

    line: str
    shown: Sequence[Shown]
    held: Mapping[Fingerprint, Sequence[Held]]
    decision: Decision
    at: int = 1000
    holdings: Mapping[OneId, Mapping[Scheme, int]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.line


def create(*claims: Claiming, conflicts: Sequence[Conflict] = ()) -> Decision:
    return Decision(Outcome.CREATE, None, claims, conflicts=tuple(conflicts))


def attach(
    one_id: OneId,
    *claims: Claiming,
    seen: Sequence[Shown] = (),
    conflicts: Sequence[Conflict] = (),
    named: bool = True,
) -> Decision:
    return Decision(Outcome.ATTACH, one_id, claims, tuple(seen), tuple(conflicts), named)


def stronger(
    one_id: OneId, *claims: Claiming, seen: Sequence[Shown] = (), conflicts: Sequence[Conflict] = ()
) -> Decision:
    return Decision(Outcome.ATTACH_STRONGER, one_id, claims, tuple(seen), tuple(conflicts))


TYPED = [
    Case(
        "a phone that nobody holds: a new member",
        [typed()],
        {},
        create(Claiming(typed())),
    ),
    Case(
        "a verified holder: theirs",
        [typed()],
        {PHONE: [verified(A, WANG)]},
        attach(A, seen=[typed()]),
    ),
    Case(
        "a verified holder of the same name: theirs",
        [typed(WANG)],
        {PHONE: [verified(A, WANG)]},
        attach(A, seen=[typed(WANG)]),
    ),
    Case(
        "a verified holder and somebody who asserted it: the verified holder's",
        [typed()],
        {PHONE: [asserted(B), verified(A)]},
        attach(A, seen=[typed()]),
    ),
    Case(
        "a verified holder of another name: a new member asserts it beside them; noted",
        [typed(LI)],
        {PHONE: [verified(A, WANG)]},
        create(Claiming(typed(LI)), conflicts=[noted(PHONE, A, Reason.NAME_CONTRADICTS)]),
    ),
    Case(
        "a verified holder of another name, and one who asserted it: the latter's",
        [typed(LI)],
        {PHONE: [verified(A, WANG), asserted(B, LI)]},
        attach(B, seen=[typed(LI)]),
    ),
    Case(
        "one member asserted it before: theirs",
        [typed()],
        {PHONE: [asserted(A)]},
        attach(A, seen=[typed()]),
    ),
    Case(
        "one member of another name asserted it before: a new member; noted",
        [typed(LI)],
        {PHONE: [asserted(A, WANG)]},
        create(Claiming(typed(LI)), conflicts=[noted(PHONE, A, Reason.NAME_CONTRADICTS)]),
    ),
    Case(
        "several asserted it, no name: the first one's; noted",
        [typed()],
        {PHONE: [asserted(B, LI, since=910), asserted(A, WANG)]},
        attach(A, seen=[typed()], conflicts=[noted(PHONE, B, Reason.SEVERAL_HOLDERS)]),
    ),
    Case(
        "several asserted it, one has this name: theirs",
        [typed(LI)],
        {PHONE: [asserted(B, LI, since=910), asserted(A)]},
        attach(B, seen=[typed(LI)]),
    ),
    Case(
        "as many as may share it, all of other names: nobody's; noted",
        [typed(LI)],
        {PHONE: [asserted(A, WANG), asserted(B, WANG), asserted(C, WANG)]},
        Decision(
            Outcome.NOBODY,
            conflicts=(noted(PHONE, A, Reason.TOO_MANY_HOLDERS),),
        ),
    ),
    Case(
        "a sale from before the number changed hands: the earlier owner's",
        [typed()],
        {PHONE: [verified(A, since=100, until=950), verified(B, since=950)]},
        attach(A, seen=[typed()]),
        at=940,
    ),
]

VERIFIED = [
    Case(
        "a phone that nobody holds: a new member holds it verified",
        [proved()],
        {},
        create(Claiming(proved())),
    ),
    Case(
        "its verified holder: theirs",
        [proved(WANG)],
        {PHONE: [verified(A, WANG)]},
        attach(A, seen=[proved(WANG)]),
    ),
    Case(
        "somebody asserted it and nothing contradicts: theirs, verified from now on",
        [proved(WANG)],
        {PHONE: [asserted(A)]},
        stronger(A, Claiming(proved(WANG))),
    ),
    Case(
        "somebody of another name asserted it: a new member holds it verified; noted",
        [proved(LI)],
        {PHONE: [asserted(A, WANG)]},
        create(Claiming(proved(LI)), conflicts=[noted(PHONE, A, Reason.NAME_CONTRADICTS)]),
    ),
    Case(
        "a verified holder of another name: the number was recycled; a new member takes it over",
        [proved(LI)],
        {PHONE: [verified(A, WANG)]},
        create(Claiming(proved(LI), (A,), Reason.NAME_CONTRADICTS)),
    ),
    Case(
        "a verified holder of another name, one of this name asserted it: the latter takes it over",
        [proved(LI)],
        {PHONE: [verified(A, WANG), asserted(B, LI)]},
        stronger(B, Claiming(proved(LI), (A,), Reason.NAME_CONTRADICTS)),
    ),
    Case(
        "a verified holder, silent for long: a new member takes it over",
        [proved()],
        {PHONE: [verified(A, WANG, seen=900)]},
        create(Claiming(proved(), (A,), Reason.LONG_SILENCE)),
    ),
    Case(
        "a verified holder, silent for long, of the same full name: still theirs",
        [proved(WANG)],
        {PHONE: [verified(A, WANG, seen=900)]},
        attach(A, seen=[proved(WANG)]),
    ),
    Case(
        "somebody asserted it and was silent for long: a new member takes it over",
        [proved()],
        {PHONE: [asserted(A, seen=900)]},
        create(Claiming(proved(), (A,), Reason.LONG_SILENCE)),
    ),
    Case(
        "a holder, silent for long, whose card is shown as well: still theirs",
        [proved(), read_card()],
        {PHONE: [verified(A, seen=900)], CARD: [asserted(A)]},
        stronger(A, Claiming(proved()), seen=[read_card()]),
    ),
    Case(
        "a late arrival from before a verified holder of another name: a new member, until then",
        [proved(LI)],
        {PHONE: [verified(A, WANG, since=950)]},
        create(Claiming(proved(LI), (), Reason.NAME_CONTRADICTS, 950 * DAY_MS)),
        at=940,
    ),
    Case(
        "two phones of two members: the first one shown decides; noted",
        [proved(), proved(phone=OTHER_PHONE)],
        {PHONE: [verified(A)], OTHER_PHONE: [verified(B)]},
        attach(A, seen=[proved()], conflicts=[noted(OTHER_PHONE, B, Reason.HELD_BY_ANOTHER)]),
    ),
]

SEVERAL = [
    Case(
        "a card and a phone that nobody holds: a new member holds both",
        [typed(), read_card()],
        {},
        create(Claiming(read_card()), Claiming(typed())),
    ),
    Case(
        "a card of one member and a free phone: theirs, with the phone",
        [typed(), read_card()],
        {CARD: [asserted(A)]},
        attach(A, Claiming(typed()), seen=[read_card()]),
    ),
    Case(
        "a free card and a typed phone of one member: theirs, with the card",
        [typed(), read_card()],
        {PHONE: [asserted(A)]},
        attach(A, Claiming(read_card()), seen=[typed()]),
    ),
    Case(
        "a card of one member and a typed phone of another: the card decides; noted",
        [typed(), read_card()],
        {PHONE: [verified(B)], CARD: [asserted(A)]},
        attach(A, seen=[read_card()], conflicts=[noted(PHONE, B, Reason.HELD_BY_ANOTHER)]),
    ),
    Case(
        "a card of one member and a verified phone of another: the phone decides; noted",
        [read_card(), proved()],
        {PHONE: [verified(B)], CARD: [asserted(A)]},
        attach(B, seen=[proved()], conflicts=[noted(CARD, A, Reason.HELD_BY_ANOTHER)]),
    ),
    Case(
        "a card of one member and a member code of another: the card decides; noted",
        [read_code(), read_card()],
        {CODE: [asserted(B)], CARD: [asserted(A)]},
        attach(A, seen=[read_card()], conflicts=[noted(CODE, B, Reason.HELD_BY_ANOTHER)]),
    ),
    Case(
        "a member code of one member and a typed phone of another: the code decides; noted",
        [typed(), read_code()],
        {PHONE: [asserted(B)], CODE: [asserted(A)]},
        attach(A, seen=[read_code()], conflicts=[noted(PHONE, B, Reason.HELD_BY_ANOTHER)]),
    ),
    Case(
        "only a card, its holder has another name: the sale is theirs, nothing else changes; noted",
        [read_card(LI), typed(LI)],
        {CARD: [asserted(A, WANG)]},
        attach(
            A,
            seen=[read_card(LI)],
            conflicts=[
                noted(CARD, A, Reason.NAME_CONTRADICTS),
                noted(PHONE, A, Reason.NAME_CONTRADICTS),
            ],
            named=False,
        ),
    ),
    Case(
        "a card whose holder has another name, and the phone of a third: the card holder's; noted",
        [read_card(LI), typed(LI)],
        {CARD: [asserted(A, WANG)], PHONE: [asserted(B, LI)]},
        attach(
            A,
            seen=[read_card(LI)],
            conflicts=[
                noted(CARD, A, Reason.NAME_CONTRADICTS),
                noted(PHONE, B, Reason.HELD_BY_ANOTHER),
            ],
            named=False,
        ),
    ),
    Case(
        "a free verified phone and a card whose holder has another name: a new member; noted",
        [proved(LI), read_card(LI)],
        {CARD: [asserted(A, WANG)]},
        create(Claiming(proved(LI)), conflicts=[noted(CARD, A, Reason.HELD_BY_ANOTHER)]),
    ),
    Case(
        "a card that was seen by a person and only asserted before: verified from now on",
        [read_card(strength=Strength.VERIFIED)],
        {CARD: [asserted(A)]},
        stronger(A, Claiming(read_card(strength=Strength.VERIFIED))),
    ),
    Case(
        "a free phone and a card of one who holds as many phones as one may: not claimed; noted",
        [read_card(), typed()],
        {CARD: [asserted(A)]},
        attach(
            A,
            seen=[read_card()],
            conflicts=[noted(PHONE, None, Reason.TOO_MANY_IDENTIFIERS)],
        ),
        holdings={A: {Scheme.PHONE: 2, Scheme.CARD: 1}},
    ),
]


@pytest.mark.parametrize("case", [*TYPED, *VERIFIED, *SEVERAL], ids=str)
def test_every_case_is_decided_as_the_table_says(case: Case) -> None:
    decision = decide(case.shown, case.held, case.holdings, case.at * DAY_MS, POLICY)
    assert decision == case.decision


@pytest.mark.parametrize("case", [*TYPED, *VERIFIED, *SEVERAL], ids=str)
def test_the_document_has_every_line_of_the_table(case: Case) -> None:
    assert case.line in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", [*TYPED, *VERIFIED, *SEVERAL], ids=str)
def test_the_order_in_which_keys_are_shown_does_not_matter(case: Case) -> None:
    if "first one shown" in case.line:
        return
    decision = decide(
        list(reversed(case.shown)), case.held, case.holdings, case.at * DAY_MS, POLICY
    )
    assert decision == case.decision


def test_an_ended_claim_counts_no_more_after_its_end() -> None:
    ended = verified(A, since=100, until=950)
    decision = decide([typed()], {PHONE: [ended]}, {}, NOW, POLICY)
    assert decision == create(Claiming(typed()))


def test_a_member_never_claims_more_than_the_limit_in_one_record() -> None:
    phones = [typed(phone=Fingerprint(bytes([n]))) for n in range(4)]
    decision = decide(phones, {}, {}, NOW, POLICY)
    assert len(decision.claims) == POLICY.most_per_member
    assert [each.reason for each in decision.conflicts] == [Reason.TOO_MANY_IDENTIFIERS] * 2
