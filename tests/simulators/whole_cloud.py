"""A cloud without a broker: the back office with ledger, views, API and console on a real port.

    with WholeCloud(tmp_path) as cloud, cloud.served() as url:
        cloud.open_store()
        cloud.sell(a_sale(1, phone="+8613912345678"))
        httpx.get(f"{url}/v1/health")

Sales enter as batches through the journal and are folded at once, as ingest and projector do it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import uvicorn
from fastapi import FastAPI
from sqlalchemy import update
from starlette.responses import RedirectResponse

from agent.capture.pos import CapturedSale
from cloud.access import IssuedToken, Scope
from cloud.api import ApiParts, create_api
from cloud.capture import CaptureFold
from cloud.cards import CardFeed, CardsFold
from cloud.console import ConsoleParts, create_console
from cloud.console.painter import Painter
from cloud.console.pulse import Pulse
from cloud.devices import CameraDrawings, HeartbeatFold, NoticeFold
from cloud.devices.tables import DEVICE_STATUS
from cloud.footfall import FootfallFold
from cloud.ingest.alarms import CloudAlarms
from cloud.ingest.alarms.lookout import Lookout
from cloud.ingest.deadletters import DeadLetters
from cloud.ledger.arrival import Appended, Arrival
from cloud.ledger.journal import Journal
from cloud.ledger.projection import Follower
from cloud.members import Directory, MembersFold
from cloud.sales import Figures, SalesFold
from cloud.storage import write
from cloud.storage.metadata import TABLE_MODULES
from models.runtime.clock import Clock
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.seal import Sealer
from models.wire.codec import Codec
from models.wire.envelope import ClockQuality, Moment, compose, stamp
from models.wire.events.capture import RecordQuarantined, RecordReleased
from models.wire.events.device import Heartbeat
from models.wire.events.footfall import FootfallCounted
from models.wire.events.footfall_audit import FootfallAudited
from models.wire.events.sale import SaleRecorded
from models.wire.ids import DevicePath, StoreId, TenantId, uuid7
from models.wire.registry import (
    FOOTFALL_AUDITED,
    FOOTFALL_COUNTED,
    HEARTBEAT,
    RECORD_QUARANTINED,
    RECORD_RELEASED,
    EventData,
    EventType,
)
from models.wire.topics import Stream
from tests.simulators.back_office import TENANT, TERMINAL, BackOffice
from tests.simulators.databases import Databases
from tests.simulators.facts import EPOCH, SHOP, a_batch

A_DAY_S = 86_400.0
"""So long a lease that nobody misses the ingest worker that is not there."""


class WholeCloud(BackOffice):
    """Everything but the broker. Use it as a context manager."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 7,
        clock: Clock | None = None,
        databases: Databases | None = None,
    ) -> None:
        super().__init__(folder, TABLE_MODULES, seed=seed, clock=clock, databases=databases)
        self.keyring = Keyring(folder / "keys" / "keyring.sqlite3", self.master, self.random)
        letters, blobs = BlobSealer(self.master, "dead letter"), BlobSealer(self.master, "card")
        self.journal = Journal(self.engine, Sealer(self.keyring), letters, self.clock, self.random)
        self.figures = Figures(self.engine)
        self.directory = Directory(self.engine, self.keyring)
        self.cards = CardFeed(self.engine, self.keyring, blobs)
        self.letters = DeadLetters(self.engine, letters, self.journal, self.clock)
        folds = (
            HeartbeatFold(),
            NoticeFold(),
            SalesFold(),
            FootfallFold(),
            CaptureFold(),
            MembersFold(self.keyring),
            CardsFold(self.keyring, blobs),
        )
        self.views = Follower(self.engine, self.journal, "views", folds)
        self.alarms = CloudAlarms(self.engine, self.clock)
        self.lookout = Lookout(self.engine, self.fleet, self.alarms, self.clock, A_DAY_S)
        self.closing = threading.Event()
        self._sequences: dict[tuple[DevicePath, Stream], int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self.keyring.close()

    def sell(self, *sales: SaleRecorded, device: DevicePath = SHOP) -> Appended:
        """Take sales of a device into the ledger and the views."""
        first = self._next(device, Stream.SALE, len(sales))
        return self.arrive(a_batch(list(sales), first, device), device=device)

    def hand_over(self, captured: Sequence[CapturedSale], device: DevicePath = SHOP) -> Appended:
        """Take what an agent's readers captured into the ledger and the views."""
        first = self._next(device, Stream.SALE, len(captured))
        events = [stamp(each.body, EPOCH, n) for n, each in enumerate(captured, first)]
        return self.arrive(Codec().encode(EPOCH, Stream.SALE, first, events), device=device)

    def beat(self, heartbeat: Heartbeat, device: DevicePath = SHOP) -> Appended:
        """Take a device's heartbeat into the ledger and the views."""
        return self._take(Stream.TELEMETRY, HEARTBEAT, [heartbeat], device)

    def clock_is_off(self, seconds: float, device: DevicePath = SHOP) -> None:
        """As if the device's last heartbeat had shown that its clock is ahead by so much."""
        off = update(DEVICE_STATUS).where(DEVICE_STATUS.c.device == device.device)
        with write(self.engine) as connection:
            connection.execute(off.values(skew_ms=round(seconds * 1000)))

    def count(self, *counted: FootfallCounted, device: DevicePath = SHOP) -> Appended:
        """Take what a device's camera counted into the ledger and the views."""
        return self._take(Stream.FOOTFALL, FOOTFALL_COUNTED, counted, device)

    def check(self, *audited: FootfallAudited, device: DevicePath = SHOP) -> Appended:
        """Take how right a device's cameras were found to be into the ledger and the views."""
        return self._take(Stream.FOOTFALL, FOOTFALL_AUDITED, audited, device)

    def set_aside(
        self, *told: RecordQuarantined | RecordReleased, device: DevicePath = SHOP
    ) -> Appended:
        """Take what a shop tells of its quarantine into the ledger and the views."""
        appended: Appended | None = None
        for each in told:
            ended = isinstance(each, RecordReleased)
            kind = RECORD_RELEASED if ended else RECORD_QUARANTINED
            appended = self._take(Stream.SALE, kind, [each], device)
        assert appended is not None, "name at least one"
        return appended

    def _take(
        self, stream: Stream, kind: EventType, said: Sequence[EventData], device: DevicePath
    ) -> Appended:
        first = self._next(device, stream, len(said))
        moment = Moment(self.clock.now(), 1, "boot-1", ClockQuality.SYNCHRONISED)
        events = []
        for sequence, data in enumerate(said, first):
            event_id = uuid7(int(self.clock.now().timestamp() * 1000), self.random(10))
            body = compose(device=device, event_id=event_id, kind=kind, data=data, at=moment)
            events.append(stamp(body, EPOCH, sequence))
        return self.arrive(Codec().encode(EPOCH, stream, first, events), stream, device)

    def arrive(
        self, payload: bytes, stream: Stream = Stream.SALE, device: DevicePath = SHOP
    ) -> Appended:
        """Take a payload as it is."""
        arrival = Arrival(device, stream, payload, self.clock.now())
        appended = self.journal.append([arrival])
        while self.views.step():
            pass
        return appended

    def token(
        self, *scopes: Scope, tenant: str = TENANT, stores: Sequence[StoreId] = ()
    ) -> IssuedToken:
        """An API token; with both scopes when none is named."""
        wanted = scopes or tuple(Scope)
        return self.tokens.create(TenantId(tenant), "test", wanted, TERMINAL, stores=stores)

    def app(self) -> FastAPI:
        """API and console as the service mounts them."""
        app = FastAPI(openapi_url=None)
        app.mount("/v1", create_api(self.api_parts()))
        app.mount("/console", create_console(self.console_parts()))

        @app.get("/")
        def start() -> RedirectResponse:
            return RedirectResponse("/console/")

        return app

    def api_parts(self) -> ApiParts:
        """What the API is made of."""
        return ApiParts(
            engine=self.engine,
            clock=self.clock,
            random=self.random,
            audit=self.audit,
            tokens=self.tokens,
            registry=self.registry,
            fleet=self.fleet,
            journal=self.journal,
            figures=self.figures,
            directory=self.directory,
            cards=self.cards,
            alarms=self.alarms,
        )

    def console_parts(self) -> ConsoleParts:
        """What the console is made of."""
        return ConsoleParts(
            engine=self.engine,
            clock=self.clock,
            random=self.random,
            audit=self.audit,
            door=self.door,
            fleet=self.fleet,
            figures=self.figures,
            directory=self.directory,
            cards=self.cards,
            letters=self.letters,
            alarms=self.alarms,
            drawings=CameraDrawings(self.engine, self.audit),
            painter=Painter.load(self.clock, self.alarms.unseen),
            pulse=Pulse(self.engine, self.fleet, self.alarms, self.clock),
            closing=self.closing,
        )

    @contextmanager
    def served(self, app: FastAPI | None = None) -> Iterator[str]:
        """The applications on a free port of loopback; yields their address."""
        config = uvicorn.Config(
            app or self.app(),
            host="127.0.0.1",
            port=0,
            log_config=None,
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{_port(server, thread)}"
        finally:
            self.closing.set()
            server.should_exit = True
            thread.join(30)

    def _next(self, device: DevicePath, stream: Stream, count: int) -> int:
        first = self._sequences.get((device, stream), 1)
        self._sequences[device, stream] = first + count
        return first


def _port(server: uvicorn.Server, thread: threading.Thread) -> int:
    deadline = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the server ended at its start"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.005)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port
