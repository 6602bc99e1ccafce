"""What one make of till calls things, as data: ``device_configs/till_profiles/<name>.toml``.

Paths are ElementPath expressions over names without namespace, so ``acs:MembershipID`` is written
``MembershipID``; predicates such as ``[@TypeCode='Mobile']`` work. A profile may name things
differently; how sums are checked is in ``dialect`` and may differ, but is never switched off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.capture.pos.dialect import Arithmetic, readings
from agent.capture.pos.family import Adapter, load_named, profiles_for
from agent.capture.pos.fields import check_path, word
from agent.errors import BadConfiguration
from models.wire.events.sale import LinkReason, Scheme, Status
from models.wire.source_rank import POSLOG, check_rank

DEFAULT_PROFILE: Final = "arts-poslog"

_COMPLETED: Final = (
    *("", "totaled", "totalled", "tendered", "completed", "complete", "finished", "delivered"),
    *("postvoided", "postvoid", "returned", "retrieved", "resumed", "suspendedretrieved"),
)
_VOIDED: Final = (
    *("voided", "void", "prevoided", "cancelled", "canceled", "cancel", "aborted"),
    "suspendedvoided",
)
_STATUSES: Final[Mapping[str, Status]] = MappingProxyType(
    dict.fromkeys(_COMPLETED, Status.COMPLETED)
    | dict.fromkeys(_VOIDED, Status.VOIDED)
    | dict.fromkeys(("suspended", "suspend", "parked", "onhold", "held"), Status.SUSPENDED)
)
_VOID_LINKS: Final = (
    *("void", "voided", "postvoid", "postvoided", "voidtransaction", "cancel", "cancelled"),
    *("canceled", "storno", "reversal", "reversed"),
)
_RESUME_LINKS: Final = (
    *("resume", "resumed", "retrieve", "retrieved", "recall", "recalled", "suspend", "suspended"),
    *("retrievedsuspend", "suspendedretrieved"),
)
_LINKS: Final[Mapping[str, LinkReason]] = MappingProxyType(
    dict.fromkeys(("return", "returned", "refund", "refunded"), LinkReason.RETURN)
    | dict.fromkeys(_VOID_LINKS, LinkReason.VOID)
    | dict.fromkeys(_RESUME_LINKS, LinkReason.RESUME)
    | dict.fromkeys(("exchange", "exchanged", "replace", "replaced"), LinkReason.EXCHANGE)
)
_CARD_NAMES: Final = frozenset({"PrimaryAccountNumber", "AccountNumber", "CardNumber"})


class Operators(StrEnum):
    """What becomes of the cashier's number; their name is never read."""

    PSEUDONYM = "pseudonym"
    OMIT = "omit"


@dataclass(frozen=True, slots=True)
class IdentifierPlace:
    """Where the till writes one kind of member identifier.

    Attributes:
        scheme: phone, card or member_code.
        at: the element that holds it, below the transaction's body, or with a slash before it
            below ``Transaction``. One below ``LineItem`` is not read where that line is void.
        value: its value, below ``at``.
        programme: whose card or code it is.
        programme_at: where the file itself says so, below ``at``.
    """

    scheme: Scheme
    at: str
    value: str = "."
    programme: str = ""
    programme_at: str = ""


_STANDARD_PLACES: Final = (
    IdentifierPlace(Scheme.PHONE, "Customer/ContactInformation/TelephoneNumber"),
    IdentifierPlace(Scheme.PHONE, "Customer/Telephone/FullTelephoneNumber"),
    IdentifierPlace(
        Scheme.CARD,
        "LoyaltyAccount/LoyaltyProgram",
        value="LoyaltyAccountID",
        programme_at="LoyaltyProgramID",
    ),
    IdentifierPlace(
        Scheme.CARD, "LoyaltyAccount", value="LoyaltyAccountID", programme_at="LoyaltyProgramID"
    ),
    IdentifierPlace(
        Scheme.CARD, "/LoyaltyAccount", value="LoyaltyAccountID", programme_at="LoyaltyProgramID"
    ),
)


@dataclass(frozen=True, slots=True)
class NamePlaces:
    """Customer names: where they stand, and whether they may be kept at all (off by default)."""

    keep: bool = False
    family: str = "Customer/CustomerName/Name[@TypeCode='FamilyName']"
    given: str = "Customer/CustomerName/Name[@TypeCode='GivenName']"


@dataclass(frozen=True, slots=True)
class TillProfile:
    """One make of till.

    Attributes:
        name: as the file is called, and as the sale's ``capture`` names it.
        adapter: who reads such files; the folder holds the profiles of all adapters.
        version: raised with every change that could change a captured sale.
        source_rank: 1 to 100; where two sources see one sale, the one with the higher rank counts.
        namespaces: namespaces by which a file of this make is recognised.
        timezone: for times without an offset; the device's where empty.
        currency: for transactions that name none; such a file is unreadable where empty.
        sale_lines, return_lines: elements of a line item that are goods going out or coming back.
        weighed_uom: unit of lines that only say that they were weighed.
        identifiers: where members' identifiers stand; order decides which is first.
        names: customer names.
        wallets: TenderID, description or type of a tender, to our name of the wallet.
        operators: what becomes of the cashier's number.
        statuses: ``TransactionStatus`` values beyond the standard ones.
        link_reasons: ``TransactionLink/@ReasonCode`` values beyond the standard ones.
        arithmetic: how amounts are signed and added up.
    """

    name: str
    version: int
    adapter: Adapter = Adapter.POSLOG
    source_rank: int = POSLOG
    namespaces: tuple[str, ...] = ()
    timezone: str = ""
    currency: str = ""
    sale_lines: tuple[str, ...] = ("Sale", "SaleForDelivery", "SaleForPickup")
    return_lines: tuple[str, ...] = ("Return",)
    weighed_uom: str = ""
    identifiers: tuple[IdentifierPlace, ...] = _STANDARD_PLACES
    names: NamePlaces = field(default_factory=NamePlaces)
    wallets: dict[str, str] = field(default_factory=dict)
    operators: Operators = Operators.PSEUDONYM
    statuses: dict[str, Status] = field(default_factory=dict)
    link_reasons: dict[str, LinkReason] = field(default_factory=dict)
    arithmetic: Arithmetic = field(default_factory=Arithmetic)

    def __post_init__(self) -> None:
        """A rank, time zone or path that cannot be is found at start, not at the first sale."""
        check_rank(self.source_rank)
        if self.timezone:
            try:
                ZoneInfo(self.timezone)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise ValueError(f"timezone {self.timezone!r} is no IANA name") from error
        for path in filter(None, self._paths()):
            check_path(path)

    def _paths(self) -> Iterator[str]:
        yield from (self.names.family, self.names.given)
        yield from self.arithmetic.discounts
        yield from (self.arithmetic.discount_amount, self.arithmetic.discount_reason)
        for place in self.identifiers:
            yield from (place.at.removeprefix("/"), place.value, place.programme_at)

    def status_of(self, text: str) -> Status | None:
        """What a ``TransactionStatus`` means here; None where the profile does not know it."""
        return self.statuses.get(text) or _STATUSES.get(word(text))

    def link_reason_of(self, text: str) -> LinkReason:
        """What a link's reason means here."""
        return self.link_reasons.get(text) or _LINKS.get(word(text), LinkReason.OTHER)

    def dialects(self) -> list[TillProfile]:
        """This profile in every dialect that it leaves open; itself where it leaves none."""
        return [replace(self, arithmetic=each) for each in readings(self.arithmetic)]

    @property
    def whitelist(self) -> frozenset[tuple[str, str]]:
        """Elements that are named for a card and hold a member's number here, with their parent.

        What keeps raw input must know them, since it masks cards by the names of their elements.
        """
        paths = (f"{place.at}/{place.value}".split("/") for place in self.identifiers)
        plain = ([step.partition("[")[0] for step in path if step != "."] for path in paths)
        return frozenset(
            (path[-2], path[-1]) for path in plain if len(path) > 1 and path[-1] in _CARD_NAMES
        )


def load_profile(folder: Path, name: str) -> TillProfile:
    """One profile by name; raises BadConfiguration as ``load_named``."""
    return load_named(folder, name, TillProfile)


def load_profiles(folder: Path) -> list[TillProfile]:
    """Every POSLog profile of a folder, by name; raises BadConfiguration as ``load_profile``."""
    return [load_profile(folder, path.stem) for path in profiles_for(folder, Adapter.POSLOG)]


def detect_profile(profiles: Iterable[TillProfile], namespaces: Iterable[str]) -> TillProfile:
    """The profile for a file, by the namespaces that its root declares.

    The first profile (by name) one of whose namespaces is declared, else ``arts-poslog``. Detection
    serves the command line; a till's own profile is configured.

    Raises:
        BadConfiguration: no profile matches and there is no default one.
    """
    declared = frozenset(namespaces)
    ordered = sorted(profiles, key=lambda profile: profile.name)
    matching = [profile for profile in ordered if declared.intersection(profile.namespaces)]
    default = [profile for profile in ordered if profile.name == DEFAULT_PROFILE]
    if not matching + default:
        raise BadConfiguration(f"no till profile {DEFAULT_PROFILE!r}; name one with --profile")
    return (matching + default)[0]
