"""What the status says of tills: their sources, their numbers, their cashiers.

The rules are those of ``facts``: fields are only ever added, and nothing is personal.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec


class BalanceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the last sales of one profile add up.

    Attributes:
        profile: by which they were read.
        judged: so many were looked at, a few hundred at most.
        unbalanced: whose lines or tenders do not come to the total.
    """

    profile: str
    judged: int
    unbalanced: int


class TakenStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What came into the outbox from one source since the agent started.

    Attributes:
        captured: transactions that were new, controls included.
        late: those of a business day that was closed before they came.
        balances: how its last sales add up, by profile.
        missing: numbers missing on the workstations whose numbers it tells.
        repeated: numbers that these workstations gave twice.
    """

    captured: int = 0
    late: int = 0
    balances: list[BalanceStatus] = []
    missing: int = 0
    repeated: int = 0


class NumbersStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive numbers of one business day.

    Attributes:
        day: the business day.
        first: as the till writes it, without leading zeros.
        last: the same as the first where it is one.
        count: how many numbers.
        recent: of the last days of a till that is in use; the others raise no alarm.
    """

    day: date
    first: str
    last: str
    count: int = 1
    recent: bool = True


class WorkstationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the till's books say of one workstation, for the business days that they keep.

    Attributes:
        business_unit: the shop, as the till calls it.
        workstation_id: the same of the workstation.
        missing: sequence numbers that were not captured and are not under way.
        gaps: which, the newest days first, twenty entries at most.
        repeated: numbers that two transactions of a business day bear.
        repeats: which, the newest days first, twenty entries at most.
        late: transactions whose business day was closed before they came.
        since: the first business day with one of these.
        ripening: more is missing, which may still be under way.
    """

    business_unit: str
    workstation_id: str
    missing: int = 0
    gaps: list[NumbersStatus] = []
    repeated: int = 0
    repeats: list[NumbersStatus] = []
    late: int = 0
    since: date | None = None
    ripening: bool = False

    @property
    def name(self) -> str:
        """How it is called in alarms."""
        return f"{self.business_unit}/{self.workstation_id}"


class TillStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The till's folder.

    Attributes:
        waiting: files that are not captured yet.
        blocked: why nothing is taken; empty when all is well.
        out_of_room: nothing is taken because there is no room.
        folder_present: the folder is there.
        at_ease: the last look at the folder went through.
        last_file_at: when the last file was captured, since the agent started.
        quarantined: records and files of it that could not be read, since the agent started.
        taken: what came of it.
    """

    waiting: int
    blocked: str
    out_of_room: bool
    folder_present: bool
    at_ease: bool
    last_file_at: datetime | None
    quarantined: int = 0
    taken: TakenStatus = TakenStatus()


class SourceKind(StrEnum):
    """What a source of sales is, besides the till's folder."""

    JOURNAL = "journal"
    TAP = "tap"
    PRINTS = "prints"
    DATABASE = "database"
    WEB = "web"
    ODOO = "odoo"


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One source of sales besides the till's folder. Counts are since the agent started.

    Attributes:
        name: as configured; ``taps`` is the reading of what all taps have written down.
        kind: ``journal``, ``tap``, ``prints``, ``database``, ``web`` or ``odoo``.
        started: False while it cannot begin, such as a tap whose port is in use.
        blocked: why nothing is taken or written down at present; empty when all is well.
        out_of_room: nothing is taken because there is no room.
        present: the journal or the folder is there.
        at_ease: the last look at it went through.
        sales: handed over, repeats after a restart included.
        prints: receipts that a tap has written down, files that were taken from a folder.
        set_aside: records, receipts and files that could not be read.
        waiting: files that are not captured yet.
        waiting_bytes: what a till has written into its journal and was not read yet.
        breaks: how often a journal did not go on where it was left; sales may be missing.
        broken_prints: receipts of a tap that are not whole.
        lost_bytes: printed, and not written down.
        failures: mistakes of a tap that cost no print, but perhaps a record of it.
        reachable: whether the printer took the last connection; None until the first.
        unreachable_why: what the last attempt to reach it met.
        last_at: when something was captured last, since the agent started.
        taken: what came of it into the outbox.
    """

    name: str
    kind: SourceKind
    started: bool = True
    blocked: str = ""
    out_of_room: bool = False
    present: bool = True
    at_ease: bool = True
    sales: int = 0
    prints: int = 0
    set_aside: int = 0
    waiting: int = 0
    waiting_bytes: int = 0
    breaks: int = 0
    broken_prints: int = 0
    lost_bytes: int = 0
    failures: int = 0
    reachable: bool | None = None
    unreachable_why: str = ""
    last_at: datetime | None = None
    taken: TakenStatus = TakenStatus()

    @property
    def gaps(self) -> int:
        """How often something of it may be missing."""
        return self.breaks + self.broken_prints + self.failures


class OperatorKeyOrigin(StrEnum):
    """Where the key of the cashiers' pseudonyms is from."""

    NONE = "none"
    FILE = "file"
    CLOUD = "cloud"


class OperatorsStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether cashiers have pseudonyms.

    Attributes:
        key: ``none`` (cashiers are left out of sales, which are marked), ``file`` or ``cloud``.
        refused: why the last key that the cloud sent is not in force; empty when all is well.
    """

    key: OperatorKeyOrigin
    refused: str = ""
