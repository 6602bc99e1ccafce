"""The agent's composition root: every part is built once, in the order in which a sale passes them.

    keys → outbox → replica → intake → tills                a sale comes in and is durable
                  → cameras                                 so do counted minutes
                  → link (MQTT), catch-up (HTTPS)           it goes up, cards come down
                  → tablet                                  the guide sees it, and how the box is
                  → rounds                                  heartbeat, housekeeping, own alarms

``Agent`` alone knows everything; the parts know only their ports. They are started in this order
and stopped in the reverse one.
"""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, Final, Self
from zoneinfo import ZoneInfo

from agent.account import Members, account_of
from agent.app.aftercare import start_quarantine
from agent.app.line import Line
from agent.app.tills import TillParts, Tills
from agent.capture.books import TillBooks
from agent.capture.books.mending import sales_behind
from agent.capture.intake import Intake
from agent.capture.operator_key import OperatorKeeper
from agent.capture.pos.sink import CaptureContext, CapturedSale
from agent.capture.told import Told
from agent.clock import (
    DeviceClock,
    FloorFile,
    SteadyClock,
    milliseconds_since_boot,
    read_boot_id,
)
from agent.config import AgentConfig, device_secret
from agent.errors import AgentError
from agent.facts import FactMaker
from agent.health.status.figures import StatusFigures
from agent.health.status.posted import read_posted
from agent.metrics import agent_registry
from agent.outbox import Outbox, Thrift
from agent.replica import Replica
from agent.rounds import Rounds
from agent.sync.catch_up import CatchUp
from agent.sync.link import Link
from agent.sync.standing import LineStanding
from agent.sync.transport import Transport
from agent.tablet import LineState, Shop, TabletServer
from models.people.phones import PhoneNumbers
from models.runtime.clock import Clock, SystemClock
from models.runtime.logs import get_logger
from models.runtime.pulses import Pulses
from models.vault.keyring import Keyring
from models.vault.master import load_or_create
from models.vault.seal import Sealer

if TYPE_CHECKING:
    from agent.app.eyes import Eyes
    from agent.capture.footfall.cameras import Cameras
    from agent.networks import NetworkCache

_LOG = get_logger(__name__)

_MEND_S: Final = 10.0
"""How long an ending agent waits for its books; what they lack is read at the next start."""


class Agent:
    """A whole agent. Use it as a context manager: it runs inside the block.

    Raises on entry: BadConfiguration, OutboxBusy (another agent runs on this data), OutboxCorrupt,
    DiskUnusable. What was started before the error is stopped again.
    """

    def __init__(
        self,
        config: AgentConfig,
        *,
        clock: Clock | None = None,
        transport: Transport | None = None,
        networks: NetworkCache | None = None,
    ) -> None:
        """``transport`` and ``networks`` replace those of the configuration, for tests."""
        self._config = config
        self._machine = clock or SystemClock()
        self._given_transport = transport
        self._given_networks = networks
        bootid, floor = read_boot_id(), FloorFile.of(config.device.data_dir)
        self._steady = SteadyClock(
            self._machine, bootid, milliseconds_since_boot, floor.read(), floor.write
        )
        self._clock = DeviceClock(self._machine, bootid, steady=self._steady)
        self._started_at, self._started_s = self._clock.now(), self._clock.monotonic_s()
        self._random = SystemRandom()
        self._pulses = Pulses(self._machine.monotonic_s)
        self.registry = agent_registry()
        self.tills: Tills | None = None
        self.cameras: Cameras | None = None
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as building:
            self._build(building)
            self._closing = building.pop_all()
        _LOG.info("agent_started", device=self._config.device.path.prefix, epoch=self.outbox.epoch)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the parts, the last started first: nothing is captured into a closed file."""
        self._closing.close()
        _LOG.info("agent_stopped")

    def _build(self, parts: ExitStack) -> None:
        self._open_stores(parts)
        self._eyes = self._open_eyes()
        self.link, self.catch_up = self._make_sync()
        self.outbox.on_append(lambda _stream: self.link.wake())
        self.catch_up.start()
        parts.callback(self.catch_up.stop)
        members = self._members()
        self.account = account_of(self._config, members)
        self.registry.register(StatusFigures(self.account.look))
        self._mend_books(parts)
        self.tills = self._start_tills(parts)
        self.cameras = self._eyes.start(parts, self.link.wake) if self._eyes else None
        self.tablet = self._start_tablet(parts)
        self.link.start()
        parts.callback(self.link.stop)
        rounds = Rounds(
            self._config, members, facts=self._facts, account=self.account, tidy=self._tidy
        )
        rounds.start(parts)

    def _open_stores(self, parts: ExitStack) -> None:
        config, device = self._config, self._config.device
        parts.callback(self._steady.close)
        self._master = load_or_create(config.master_key_file)
        keyring = Keyring(config.keyring_file, self._master)
        parts.callback(keyring.close)
        self._operators = OperatorKeeper.of(config, self._master)
        self._facts = FactMaker(device.path, self._clock, os.urandom)
        self.outbox = Outbox.open(
            config.outbox_file,
            Sealer(keyring),
            clock=self._steady,
            compose_closed=self._facts.closed,
            compose_void=self._facts.void,
            thrift=Thrift(config.outbox, ZoneInfo(device.timezone), self.registry),
        )
        parts.callback(self.outbox.close)
        phones = PhoneNumbers(device.phone_region)
        self.replica = Replica.open(
            config.replica_file, self._master, clock=self._clock, phones=phones
        )
        parts.callback(self.replica.close)
        self.books = TillBooks(config.books_file, self._steady)
        parts.callback(self.books.close)
        self._intake = Intake(self.outbox, self._lay_over, self.registry, self.books)

    def _make_sync(self) -> tuple[Link, CatchUp]:
        posted = read_posted(self._config.status_file)
        known = posted.line.acknowledged_at if posted and posted.line else None
        self._line = LineStanding(self._clock, known)
        line = Line(
            config=self._config,
            secret=device_secret(self._config.broker),
            outbox=self.outbox,
            replica=self.replica,
            clock=self._clock,
            operators=self._operators,
            started_at=self._started_at,
            standing=self._line,
            registry=self.registry,
            random=self._random.random,
            pulses=self._pulses,
            drawings=self._eyes.drawings if self._eyes else None,
        )
        catch_up = line.make_catch_up()
        return line.make_link(catch_up, self._given_transport), catch_up

    def _members(self) -> Members:
        return Members(
            outbox=self.outbox,
            line=self.link,
            standing=self._line,
            clock=self._clock,
            machine=self._machine,
            uptime_s=lambda: self._clock.monotonic_s() - self._started_s,
            till=lambda: self.tills.till() if self.tills else None,
            sources=lambda: self.tills.sources() if self.tills else (),
            cameras=lambda: self.cameras.states() if self.cameras else (),
            show_cameras=lambda: self.cameras.show() if self.cameras else None,
            told=Told(self._intake, self.books),
            operators=self._operators.status if self._config.captures_sales else lambda: None,
            cards=lambda: self.replica.through,
            pulses=self._pulses,
        )

    def _start_tablet(self, parts: ExitStack) -> TabletServer | None:
        config, device = self._config, self._config.device
        if not (config.tablet.enabled or config.status.enabled):
            return None
        shop = Shop(
            device.store_name or device.store, ZoneInfo(device.timezone), device.phone_region
        )
        server = TabletServer(
            config.tablet,
            self.replica,
            line=_LinkLine(self.link),
            clock=self._clock,
            shop=shop,
            figures=self.registry,
            status=self.account.look if config.status.enabled else None,
            setup=self._eyes.setup(self.cameras) if self._eyes and self.cameras else None,
        )
        server.start()
        parts.callback(server.stop)
        return server

    def _open_eyes(self) -> Eyes | None:
        if not self._config.camera:
            return None
        from agent.app import eyes  # noqa: PLC0415 - a box without a camera loads nothing of one

        made_of = eyes.EyesParts(
            config=self._config,
            clock=self._clock,
            outbox=self.outbox,
            facts=self._facts,
            registry=self.registry,
            random=self._random.random,
            networks=self._given_networks,
        )
        return eyes.Eyes(made_of)

    def _start_tills(self, parts: ExitStack) -> Tills:
        device = self._config.device
        context = CaptureContext(
            device=device.path,
            timezone=ZoneInfo(device.timezone),
            moment=self._clock.moment,
            phone_region=device.phone_region,
            operator_key=self._operators.key,
        )
        made_of = TillParts(
            config=self._config,
            master=self._master,
            context=context,
            sink=self._intake,
            clock=self._clock,
            random=self._random.random,
            random_bytes=os.urandom,
        )
        tills = Tills.start(made_of, parts)
        start_quarantine(made_of, self.outbox, self._facts, parts)
        return tills

    def _mend_books(self, parts: ExitStack) -> None:
        """Beside everything else: after a loss it reads a week of sales."""
        mender = threading.Thread(target=self._mend, name="till-books", daemon=True)
        mender.start()
        parts.callback(mender.join, _MEND_S)
        parts.callback(self.books.stop_mending)

    def _mend(self) -> None:
        try:
            self.books.mend(partial(sales_behind, self._config.outbox_file))
        except AgentError as error:
            _LOG.warning("till_books_not_mended", error=str(error), next_step="tried again")

    def _lay_over(self, sale: CapturedSale) -> None:
        self.replica.lay_over(sale.sale, sale.sale_id, self._steady.now())

    def _tidy(self) -> None:
        self._steady.keep()
        self.outbox.housekeep(self._config.housekeeping.keep_s())
        self.replica.housekeep(self._steady.now())
        self._tidy_books()
        if self.tills is not None:
            self.tills.keeping.housekeep(self._steady.now())

    def _tidy_books(self) -> None:
        self.books.tidy()
        self.books.mend(partial(sales_behind, self._config.outbox_file))


class _LinkLine:
    """The guide's page asks the link how the line is."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def online(self) -> LineState:
        return LineState(self._link.online(), self._link.since())
