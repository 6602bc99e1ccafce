"""What the status says: the words and figures of ``status --json`` and of the page.

Fields are only ever added. Times are aware UTC, durations seconds, sizes bytes; None means that it
is not known. Nothing here is personal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from agent.health.alarms import AlarmKind, Severity
from agent.health.status.tills import (
    OperatorsStatus,
    SourceStatus,
    TillStatus,
    WorkstationStatus,
)


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the agent runs, and when it last said something of itself.

    Attributes:
        running: it runs now; the parts that only it knows are then at most ``told_age_s`` old.
        pid: its process, while it runs and the system tells.
        version: of the program that ran last.
        uptime_s: for how long it had run when it last said something; 0 when it is down.
        told_at: when it last wrote down how it is; None where it never has.
        told_age_s: how long ago that was.
    """

    running: bool
    pid: int | None = None
    version: str = ""
    uptime_s: float = 0.0
    told_at: datetime | None = None
    told_age_s: float | None = None


class StreamStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One stream: what is owed, and since when.

    Attributes:
        stream: its name, such as ``sale``.
        pending: events that the ledger has not settled.
        oldest_age_s: how long the oldest of them has waited, 0 when none waits.
        last: the greatest sequence of the current epoch.
        kept: events that lie here, those that the ledger has settled within their retention too.
    """

    stream: str
    pending: int
    oldest_age_s: float
    last: int
    kept: int = 0


class BudgetStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One disk budget.

    Attributes:
        name: a stream's, or ``total`` for all together.
        used_bytes: what is in use.
        limit_bytes: what is allowed.
    """

    name: str
    used_bytes: int
    limit_bytes: int


class RoomStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The room for events.

    Attributes:
        budgets: the total first.
        disk_free_bytes: of the disk that the outbox lies on.
        disk_floor_bytes: with less than this the outbox grows for sales alone.
        gave_way: events of this file's life that were thinned or dropped, by how.
        refused: appends that found no room since the agent started, by stream.
    """

    budgets: list[BudgetStatus]
    disk_free_bytes: int
    disk_floor_bytes: int
    gave_way: Mapping[str, int] = {}
    refused: Mapping[str, int] = {}


class LineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The line to the cloud.

    Attributes:
        online: the cloud has answered on the present connection.
        since: since when that is so.
        acknowledged_at: when the ledger last settled something.
        ledger_silent: the broker confirms what the ledger does not; None until it showed.
        login_refused: the broker knows us and says no; None until it showed.
        identity_shared: another box is on the line under this device's name; None until it showed.
        held_back: events that are too large for the present broker, each by itself; None until all
            that waited has been looked at.
        fault: why the line stands still until somebody mends it, empty where it works; None until
            it showed.
    """

    online: bool
    since: datetime
    acknowledged_at: datetime | None = None
    ledger_silent: bool | None = None
    login_refused: bool | None = None
    identity_shared: bool | None = None
    held_back: int | None = None
    fault: str | None = None


class ClockStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The device's clock.

    Attributes:
        quality: ``synchronised``, ``free`` or ``unset``, as events carry it.
        skew_s: how far the wall clock is ahead of the cloud's; None until the cloud said the time.
    """

    quality: str
    skew_s: float | None = None


class CameraStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One camera, as the agent showed it last.

    Attributes:
        name: as configured.
        state: as in a heartbeat, such as ``watching`` or ``lost``.
        since_s: how long it had been in this state then.
        sampled_fps: pictures looked at per second, lately.
        shown_s: how long ago that was; more than a minute means that no agent runs.
        wanted_fps: as many pictures were aimed at; 0 for every one.
        troubles: why its pictures are not to be trusted, such as ``blocked``.
    """

    name: str
    state: str
    since_s: float
    sampled_fps: float
    shown_s: float = 0.0
    wanted_fps: float = 0.0
    troubles: list[str] = []


class AlarmStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm that stands, in English.

    Attributes:
        alarm: its word in the closed vocabulary of alarms.
        severity: ``urgent`` or ``warning``.
        since: since when it stands.
        about: what it concerns, such as a camera; empty where there is but one.
        detail: what was met, as the log says it.
        what: what is wrong.
        next_step: what to do.
    """

    alarm: AlarmKind
    severity: Severity
    since: datetime
    about: str
    detail: str
    what: str
    next_step: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole agent.

    Attributes:
        at: when it was looked at.
        device: its place in tenant and store, as its topics begin.
        agent: whether it runs.
        alarms: what stands, the urgent first.
        trouble: why the outbox cannot be read, whose figures are then those of before; empty when
            all is well.
        epoch: the current one.
        streams: what is owed, stream by stream.
        oldest_sale_at: when the oldest sale was stored that the ledger has not settled.
        room: the disk budgets.
        line: the line to the cloud.
        clock: the device's clock.
        till: the till's folder; None on a box without one.
        sources: journals, receipt taps and folders of prints; none on a box without one.
        workstations: what the till's books say of each, the worst first.
        books_trouble: why the books are not kept on the disk; empty when all is well.
        operators: where the key of the cashiers' pseudonyms is from; None on a box without tills.
        cameras: none on a box without one.
        dead_letters: events kept that the cloud refused for ever.
        quarantined: unreadable till files that are kept.
        cards: members whose card lies here; counted by the command line alone.
        cards_through: how far the shop's card feed is applied.
        outbox_bytes: of the file and its log; told by the command line alone.
    """

    at: datetime
    device: str
    agent: AgentStatus
    alarms: list[AlarmStatus] = []
    trouble: str = ""
    epoch: str = ""
    streams: list[StreamStatus] = []
    oldest_sale_at: datetime | None = None
    room: RoomStatus | None = None
    line: LineStatus | None = None
    clock: ClockStatus | None = None
    till: TillStatus | None = None
    sources: list[SourceStatus] = []
    workstations: list[WorkstationStatus] = []
    books_trouble: str = ""
    operators: OperatorsStatus | None = None
    cameras: list[CameraStatus] = []
    dead_letters: int = 0
    quarantined: int = 0
    cards: int = 0
    cards_through: int = 0
    outbox_bytes: int = 0

    @property
    def owed(self) -> int:
        """Events that the ledger has not settled."""
        return sum(stream.pending for stream in self.streams)
