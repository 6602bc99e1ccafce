"""The agent's regular work: heartbeats, a look at itself, and tidying up.

None of it holds up a sale, and none of it ends when it fails: it is said in the log and done again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from agent.account import Members, source_statuses, till_status
from agent.config import AgentConfig
from agent.errors import AgentError
from agent.facts import FactMaker
from agent.health.heartbeat import Vitals, take_pulse
from agent.health.status.live import Account
from agent.health.status.posted import Poster
from models.runtime.clock import SystemClock
from models.runtime.logs import get_logger
from models.runtime.schedule import SteadyScheduler
from models.wire.registry import HEARTBEAT
from models.wire.topics import Stream

_LOG = get_logger(__name__)


class Rounds:
    """Goes its rounds in threads of its own, from ``start`` until the parts are closed."""

    def __init__(
        self,
        config: AgentConfig,
        members: Members,
        *,
        facts: FactMaker,
        account: Account,
        tidy: Callable[[], object],
    ) -> None:
        """``tidy`` deletes what was kept for long enough; it may raise AgentError."""
        self._config = config
        self._members = members
        self._facts = facts
        self._account = account
        self._tidy = tidy
        self._poster = Poster(config.status_file)

    def start(self, parts: ExitStack) -> None:
        """Look once, then begin; ``parts`` ends it, with a last look when nothing changes more."""
        plan = self._config.housekeeping
        scheduler = SteadyScheduler(SystemClock(), timezone="UTC")
        scheduler.add_job(
            self.beat, "interval", seconds=plan.heartbeat_s, next_run_time=scheduler.at_once()
        )
        scheduler.add_job(self.tidy_up, "interval", seconds=plan.interval_s)
        scheduler.add_job(self.look, "interval", seconds=self._config.status.look_s)
        self.look()
        parts.callback(self.look)
        scheduler.start()
        parts.callback(scheduler.shutdown)

    def beat(self) -> None:
        """Tell the cloud that we live."""
        members = self._members
        members.show_cameras()
        vitals = Vitals(
            depths=members.outbox.depths,
            quarantined=self._quarantined,
            rejected=members.outbox.dead_letters,
            cards=members.cards,
            cameras=members.cameras,
            till=lambda: till_status(members),
            sources=lambda: source_statuses(members),
            workstations=members.told.workstations,
            data_dir=self._config.device.data_dir,
            now=members.clock.steady.now,
            uptime_s=members.uptime_s,
        )
        try:
            pulse = self._facts.draft(HEARTBEAT, take_pulse(vitals))
            members.outbox.append(Stream.TELEMETRY, [pulse])
        except AgentError as error:
            _LOG.warning("heartbeat_not_stored", error=str(error))

    def look(self) -> None:
        """Raise and end alarms, and leave word of how we are."""
        self._poster.post(self._account.look())

    def tidy_up(self) -> None:
        """Delete what was kept for long enough, and give room back."""
        try:
            self._tidy()
        except AgentError as error:
            _LOG.warning("housekeeping_failed", error=str(error))

    def _quarantined(self) -> int:
        till = self._members.till()
        aside = sum(source.set_aside for source in self._members.sources())
        return aside + (till.quarantined if till else 0)
