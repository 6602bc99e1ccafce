"""The thread that asks an Odoo, and what it does with the orders."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext, SaleSink
from agent.capture.pos.web.aside import Aside
from agent.capture.pos.web.odoo.calling import Caller
from agent.capture.pos.web.odoo.orders import Orders, WholeOrder
from agent.capture.pos.web.odoo.reading import OdooReader
from agent.capture.pos.web.odoo.watermark import WatermarkFile
from agent.capture.pos.web.profile import WebProfile
from agent.config.odoo import OdooSettings
from agent.errors import AgentError, DiskUnusable, EventTooLarge
from models.runtime.backoff import Backoff
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_SOURCE: Final = "web-odoo"
_WRITTEN: Final = "%Y-%m-%d %H:%M:%S"
_MOST_REMEMBERED: Final = 20_000
_FIRST_WAIT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class PullingStatus:
    """How it stands with an Odoo.

    Attributes:
        sales: orders handed to the sink since the start, each content once.
        set_aside: orders in quarantine.
        passes: times that everything new was read to its end.
        read_through: date of change up to which all is read, as the Odoo writes it.
        blocked: why nothing is read at present; empty when all is well.
        out_of_room: nothing is taken because no room is left for it.
        last_pass_at: by our wall clock.
        last_sale_at: when an order was handed over last.
    """

    sales: int = 0
    set_aside: int = 0
    passes: int = 0
    read_through: str = ""
    blocked: str = ""
    out_of_room: bool = False
    last_pass_at: datetime | None = None
    last_sale_at: datetime | None = None


class OdooPuller:
    """One Odoo and the thread that asks it. Stopped for good once stopped."""

    def __init__(
        self,
        settings: OdooSettings,
        caller: Caller,
        *,
        profile: WebProfile,
        context: CaptureContext,
        sink: SaleSink,
        aside: Aside,
        watermark: WatermarkFile,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        """Nothing is asked yet; ``random`` gives a number from 0 up to 1, for back-off."""
        self._settings = settings
        self._caller = caller
        self._orders = Orders(settings, caller)
        self._reader = OdooReader(profile, context)
        self._sink = sink
        self._aside = aside
        self._watermark = watermark
        self._clock = clock
        self._backoff = Backoff(random, _FIRST_WAIT_S, settings.backoff_cap_s)
        self._source = f"{settings.url} {settings.database}"
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._status = PullingStatus()

    @property
    def status(self) -> PullingStatus:
        """The latest figures. Safe from any thread."""
        return self._status

    def start(self) -> None:
        """Ask in a thread of its own, from where the watermark stands."""
        self._thread = threading.Thread(target=self._run, name="web-odoo", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the thread after the question under way; does nothing the second time."""
        self._stopping.set()
        thread = self._thread
        if thread is None:
            return
        thread.join(timeout_s)
        if not thread.is_alive():
            self._caller.close()
            self._thread = None

    def step(self) -> None:
        """One pass over all that changed since the last one.

        Raises:
            AgentError: the Odoo, the sink or the disk; the watermark stands where it stood, so the
                next pass reads the same again.
        """
        through = self._watermark.load(self._source)
        latest = self._orders.latest()
        for page in self._orders.since(self._since(through)):
            self._take(page)
            if self._stopping.is_set():
                return
        if latest > through:
            self._watermark.save(self._source, latest)
        self._status = replace(
            self._status,
            passes=self._status.passes + 1,
            read_through=max(latest, through),
            last_pass_at=self._clock.now(),
        )

    def _since(self, through: str) -> str:
        """From when on is asked: the watermark less the overlap, or the first days."""
        try:
            at = datetime.strptime(through[:19], _WRITTEN).replace(tzinfo=UTC)
        except ValueError:
            begin = self._clock.now() - timedelta(days=self._settings.first_days)
            return begin.astimezone(UTC).strftime(_WRITTEN)
        return (at - timedelta(seconds=self._settings.overlap_s)).strftime(_WRITTEN)

    def _take(self, page: list[WholeOrder]) -> None:
        """Hand over what is new of a page, and set aside what cannot be read, one by one."""
        sales = []
        for whole in page:
            raw = msgspec.json.encode(whole)
            try:
                sales.append(self._reader.captured(whole, raw))
            except (Malformed, EventTooLarge) as error:
                self._refuse(raw, str(error))
        fresh = [sale for sale in sales if sale.event_id not in self._seen]
        if fresh:
            self._sink.captured(fresh)
            self._remember([sale.event_id for sale in fresh])
            self._status = replace(
                self._status,
                sales=self._status.sales + len(fresh),
                last_sale_at=self._clock.now(),
            )

    def _refuse(self, raw: bytes, reason: str) -> None:
        digest = sha256(raw).hexdigest()
        if digest in self._seen:
            return
        self._aside.keep(Refused(raw, reason, number=1, offset=0), _SOURCE)
        self._remember([digest])
        self._status = replace(self._status, set_aside=self._status.set_aside + 1)

    def _remember(self, names: list[str]) -> None:
        """What the overlap will bring again and need not be handed over twice."""
        for name in names:
            self._seen[name] = None
        while len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.step()
                self._unblock()
                self._clock.wait(self._stopping, self._settings.poll_s)
            except Exception as error:  # noqa: BLE001 - the loop's edge: an Odoo is never given up
                self._block(error)

    def _block(self, error: Exception) -> None:
        """Say once what is wrong, then wait longer than the last time."""
        expected = isinstance(error, AgentError)
        # Only our own errors promise to quote nothing of what they read.
        reason = str(error) if expected else type(error).__name__
        if reason != self._status.blocked:
            _LOG.error("odoo_blocked", reason=reason)
        self._status = replace(
            self._status, blocked=reason, out_of_room=isinstance(error, DiskUnusable)
        )
        self._clock.wait(self._stopping, self._backoff.next_s())

    def _unblock(self) -> None:
        if self._status.blocked:
            _LOG.info("odoo_unblocked")
        self._status = replace(self._status, blocked="", out_of_room=False)
        self._backoff.reset()
