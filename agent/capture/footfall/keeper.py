"""One camera's keeper: a watcher is at work, or it is known why none is.

It promises:

- A watcher that is silent, dies or says that it cannot go on is ended and, when that may help,
  started again: soon after a loss, later and later while it keeps failing, and every few minutes
  where a person has to mend something first.
- The time in which nobody watched is told as a gap, with the reason; so are the last seconds of a
  watcher that went without a last word, of which nobody knows who was staff and who was where.
- When it is stopped, its watcher is heard out first: what was watched is judged to its end.
- Whatever happens to a camera, the keeper stays alive, blocks nobody, and says each trouble once.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from agent.capture.footfall.audit.standing import LastAudit
from agent.capture.footfall.diary import Diary
from agent.capture.footfall.farewell import farewell
from agent.capture.footfall.messages import Ended, Failed, Left, Opened, Seen, Told
from agent.capture.footfall.metrics import FootfallMetrics
from agent.capture.footfall.minutes import Minute
from agent.capture.footfall.overheard import Overheard
from agent.capture.footfall.patience import Patience, Silence, as_error
from agent.capture.footfall.placement import Placement
from agent.capture.footfall.process import Watcher
from agent.capture.footfall.recorder import Recorder
from agent.capture.footfall.standing import Standing
from agent.config import CameraSettings
from agent.errors import AgentError, CameraLost, CameraStalled, FaultyDevice, InvalidInput
from models.runtime.backoff import Backoff
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.events.device import CameraState
from models.wire.events.footfall import GapReason

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a keeper works with.

    Attributes:
        launch: starts a watcher; raises AgentError where none can be started.
        diary: the keeper's own.
        placement: the camera's own.
        backoff: the keeper's own; how long to wait after a loss.
        audit: the camera's last one.
        overheard: told every word of its watchers.
        changed: called when the camera's state has changed, and its minutes are handed over.
    """

    launch: Callable[[], Watcher]
    diary: Diary
    placement: Placement
    recorder: Recorder
    metrics: FootfallMetrics
    clock: Clock
    backoff: Backoff
    audit: LastAudit
    overheard: Overheard
    changed: Callable[[], object]


class CameraKeeper:
    """Keeps one camera watched, in a thread of its own. Stopped for good once stopped."""

    def __init__(
        self, camera: CameraSettings, parts: Parts, patience: Patience | None = None
    ) -> None:
        self._camera = camera
        self._parts = parts
        self._patience = patience or Patience()
        self._standing = Standing(camera.name, parts.clock)
        self._absence: GapReason | None = GapReason.STARTING
        self._complaint = ""
        self._rule = self._analyses = ""
        self._began_s = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        parts.metrics.stands(camera.name, GapReason.STARTING)

    @property
    def state(self) -> CameraState:
        """How the camera does. Safe from any thread."""
        return self._standing.told()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(
            target=self.run, name=f"camera-{self._camera.name}", daemon=True
        )
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin to stop. Returns at once; safe from any thread."""
        self._stopping.set()

    def join(self, timeout_s: float) -> None:
        """Wait until the watcher has ended and the minute under way is handed over."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def run(self) -> None:
        """Keep the camera watched until asked to stop."""
        pause_s = 0.0
        while not self._stopping.is_set():
            try:
                self._pause(pause_s)
                pause_s = self._one_life()
            except Exception as error:  # noqa: BLE001 - the loop's edge: a camera is never given up
                _LOG.error("camera_keeper_failed", camera=self._camera.name, exc_info=error)
                self._absence = GapReason.LOST
                self._show(GapReason.LOST)
                pause_s = self._parts.backoff.next_s()
        self._absent(self._absence or GapReason.ENDED)
        self._hand_over(self._parts.diary.close())

    def _pause(self, seconds: float) -> None:
        """Wait, and tell minute by minute that nobody watches."""
        clock = self._parts.clock
        until_s = clock.monotonic_s() + seconds
        while not self._stopping.is_set() and (left_s := until_s - clock.monotonic_s()) > 0:
            clock.wait(self._stopping, min(self._patience.tick_s, left_s))
            self._tell_absence()

    def _one_life(self) -> float:
        """Start a watcher and follow it to its end; how long to wait before the next."""
        if self._stopping.is_set():
            return 0.0
        try:
            if not self._parts.diary.over:
                self._watch()
        except (FaultyDevice, InvalidInput) as error:
            self._fell(GapReason.REFUSED, error)
            return self._patience.refused_s
        except AgentError as error:
            stalled = isinstance(error, CameraStalled)
            self._fell(GapReason.STALLED if stalled else GapReason.LOST, error)
            return self._parts.backoff.next_s()
        if self._stopping.is_set():
            return 0.0
        self._absent(GapReason.ENDED)
        # What was recorded may be added to, or replaced; what plays as if it were now is over.
        return self._patience.refused_s if self._camera.recorded_at else math.inf

    def _watch(self) -> None:
        """One watcher, until a clip ends or we stop; raises AgentError for any other end."""
        watcher = self._parts.launch()
        self._parts.metrics.started(self._camera.name)
        self._began_s = self._parts.clock.monotonic_s()
        try:
            self._follow(watcher)
        finally:
            watcher.end()

    def _follow(self, watcher: Watcher) -> None:
        clock = self._parts.clock
        silence = Silence(self._patience, self._camera.stall_s, self._began_s)
        while not self._stopping.is_set():
            told = watcher.receive(self._patience.listen_s)
            if told is None:
                self._heard_nothing(silence)
            elif self._is_last(told, watcher):
                return
            else:
                silence.broken(clock.monotonic_s())
        if silence.opened:
            self._hear_out(watcher)

    def _hear_out(self, watcher: Watcher) -> None:
        """We stop: what it still knows belongs to what it watched."""
        words = farewell(watcher, self._parts.clock, self._patience.farewell_s)
        if not any(self._is_last(told, watcher) for told in words):
            _LOG.warning(
                "camera_left_unheard",
                camera=self._camera.name,
                effect="the last seconds that it watched were not judged: they are told as a gap",
            )

    def _is_last(self, told: Told, watcher: Watcher) -> bool:
        """Take what a watcher says; raises AgentError where it goes and should not."""
        match told:
            case Opened():
                self._opened(told, watcher.network)
            case Seen():
                self._seen(told)
            case Ended():
                self._ended(told)
            case Left():
                self._left()
            case Failed():
                self._parts.diary.last_word()
                raise as_error(told)
        return isinstance(told, Ended | Left)

    def _heard_nothing(self, silence: Silence) -> None:
        silence.check(self._parts.clock.monotonic_s())
        if not silence.opened:
            self._tell_absence()

    def _opened(self, message: Opened, network: str) -> None:
        self._rule, self._analyses = message.rule, message.analyses
        self._parts.diary.opened(message, network)
        self._parts.placement.opened()
        self._parts.overheard.opened(message, network)
        size = f"{message.width}x{message.height}"
        _LOG.info("camera_opened", camera=self._camera.name, size=size, network=network)

    def _seen(self, message: Seen) -> None:
        message = self._parts.placement.marked(message)
        self._parts.diary.seen(message)
        self._parts.overheard.seen(message)
        self._note(message)
        if self._absence is not None:
            self._absence, self._complaint = None, ""
            _LOG.info("camera_watching", camera=self._camera.name)
        self._show(self._standing.observed(message.observed_s))
        if self._parts.clock.monotonic_s() - self._began_s > self._patience.forgiven_s:
            self._parts.backoff.reset()
        self._hand_over(self._parts.diary.finished())

    def _note(self, message: Seen) -> None:
        """Show how well the camera does."""
        metrics, name = self._parts.metrics, self._camera.name
        reached = self._standing.looked(message.samples, message.wanted_fps)
        metrics.looked(name, message.samples, wanted_fps=message.wanted_fps, reached_fps=reached)
        if self._standing.suffers(message.troubles):
            metrics.suffers(name, message.troubles)
            _LOG.info("camera_troubles", camera=name, troubles=",".join(message.troubles) or "none")
            self._parts.changed()

    def _ended(self, message: Ended) -> None:
        _LOG.info("clip_ended", camera=self._camera.name)
        if message.truncated:
            _LOG.warning(
                "clip_truncated",
                camera=self._camera.name,
                effect="counted to where it breaks off; its container promises more pictures",
            )
        self._parts.diary.ended(message.pictures)

    def _left(self) -> None:
        self._parts.diary.last_word()
        if not self._stopping.is_set():
            raise CameraLost("somebody told the camera's watcher to stop; it is started again")

    def _fell(self, reason: GapReason, error: AgentError) -> None:
        """Nobody watches any more: tell since when, and say why, once."""
        self._absent(reason)
        if str(error) == self._complaint:
            return
        self._complaint = str(error)
        say = _LOG.error if reason is GapReason.REFUSED else _LOG.warning
        say(f"camera_{reason}", camera=self._camera.name, error=str(error))

    def _absent(self, reason: GapReason) -> None:
        """Nobody watches, for this reason: hand over what that finishes, then show it."""
        self._absence = reason
        self._tell_absence()
        self._show(reason)

    def _tell_absence(self) -> None:
        if self._absence is not None:
            self._parts.diary.absent(self._absence)
        self._hand_over(self._parts.diary.finished())

    def _show(self, state: str) -> None:
        if self._standing.becomes(state):
            if state == GapReason.SLOW:
                _LOG.warning(
                    "camera_slow",
                    camera=self._camera.name,
                    effect="most of the time nothing is counted",
                    next_step="have the camera send three pictures a second or more",
                )
            self._parts.metrics.stands(self._camera.name, state)
            self._parts.changed()

    def _hand_over(self, minutes: Sequence[Minute]) -> None:
        """To the recorder, which keeps what the disk does not take; then the diary may forget."""
        recorded = self._camera.recorded_at is not None
        self._tell_audit()
        try:
            if self._parts.recorder.record(
                self._camera.name,
                minutes,
                rule=self._rule,
                analyses=self._analyses,
                recorded=recorded,
                audit_of=partial(self._parts.audit.id, self._rule),
            ):
                self._parts.diary.stored()
        except AgentError as error:
            _LOG.warning("clip_mark_not_kept", camera=self._camera.name, error=str(error))

    def _tell_audit(self) -> None:
        """Before the counts that bear its id."""
        audit = self._parts.audit
        if (audited := audit.news()) is not None and self._parts.recorder.tell(audited):
            audit.told(audited.audit)
