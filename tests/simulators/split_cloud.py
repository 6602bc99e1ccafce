"""The cloud as separate processes against a Mosquitto: broker, ingest, projector, each killable."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from cloud.access.audit import Actor
from cloud.broker import CloudLogin, hash_secret, new_secret
from cloud.config import read_config
from cloud.devices import DeviceKind
from cloud.foundations import Foundations
from cloud.organisation import Store, ensure_store
from cloud.storage import write
from models.wire.ids import device_id, store_id, tenant_id
from tests.simulators.authority import Authority
from tests.simulators.demo.stage import TENANT, Cloud, Ports, ShopPlan
from tests.simulators.known_logins import RANDOM
from tests.simulators.mosquitto import Mosquitto
from tests.simulators.processes import Program, program

INGEST, SECOND_INGEST, PROJECT = "_cloud-ingest", "_cloud-ingest-2", "_cloud-project"
NAMES = (INGEST, SECOND_INGEST, PROJECT)


class SplitCloud:
    """Mosquitto, ``lianke-cloud ingest`` and ``lianke-cloud project`` over one database."""

    def __init__(
        self,
        folder: Path,
        shops: Sequence[ShopPlan],
        *,
        persistent: bool = False,
        database_url: str = "",
        lease_s: float = 6.0,
        authority: Authority | None = None,
    ) -> None:
        """A cloud to be started.

        Args:
            folder: for everything it keeps.
            shops: are enrolled at once.
            persistent: whether the broker keeps what it holds on disk.
            database_url: SQLAlchemy's; SQLite in the folder where it is empty.
            lease_s: when the parts of an ingest worker that is silent go to the other one.
            authority: shops speak TLS with the broker and show a certificate of this authority.
        """
        self.folder = folder
        self._database_url = database_url
        self._lease_s = lease_s
        folder.mkdir(parents=True)
        self.administration = Cloud(
            folder, Ports.free(), "a long password", database_url=database_url
        )
        self._passwords = {name: new_secret(RANDOM) for name in NAMES}
        workers = [
            CloudLogin(name, hash_secret(secret, RANDOM))
            for name, secret in self._passwords.items()
        ]
        with Foundations.lay(read_config(self.administration.config), may_upgrade=True) as base:
            self.secrets = {shop.store: _enrolled(base, shop) for shop in shops}
            devices = base.registry.logins()
        (folder / "broker").mkdir()
        self.broker = Mosquitto(
            folder / "broker", [*workers, *devices], persistent=persistent, authority=authority
        )
        self._configs = {name: self._config(name) for name in self._passwords}
        self.ingest: Program | None = None
        self.second_ingest: Program | None = None
        self.project: Program | None = None

    @property
    def broker_port(self) -> int:
        """Where shops connect."""
        return self.broker.address[1]

    def password(self, name: str) -> str:
        """What a worker logs in with."""
        return self._passwords[name]

    def start(self) -> None:
        """Start all three."""
        self.broker.start()
        self.start_ingest()
        self.start_project()

    def start_ingest(self, command: Sequence[str] = ()) -> None:
        """Start the ingest worker, or another program in its place."""
        self.ingest = self._start(INGEST, command or (program("lianke-cloud"), "ingest"))

    def start_second_ingest(self) -> None:
        """Start another worker that shares the parts with the first one."""
        self.second_ingest = self._start(SECOND_INGEST, (program("lianke-cloud"), "ingest"))

    def start_ingest_that_dies(self, acknowledgements: int) -> None:
        """An ingest worker that is killed between a commit and its acknowledgement."""
        module = "tests.simulators.ingest_that_dies"
        self.start_ingest((sys.executable, "-m", module, str(acknowledgements)))

    def start_project(self) -> None:
        """Start the projector."""
        self.project = self._start(PROJECT, (program("lianke-cloud"), "project"))

    def stop(self) -> None:
        """End all of them by pid."""
        for each in self._workers:
            each.stop()
        self.broker.stop()

    def kill(self) -> None:
        """kill -9 of all of them."""
        for each in self._workers:
            each.kill()
        self.broker.kill()

    @property
    def _workers(self) -> list[Program]:
        every = (self.ingest, self.second_ingest, self.project)
        return [each for each in every if each is not None]

    def _start(self, name: str, command: Sequence[str]) -> Program:
        return Program(
            [*command, "--config", str(self._configs[name])],
            self.folder / f"{name}.log",
            environment={"LIANKE_BROKER_PASSWORD": self._passwords[name]},
        )

    def _config(self, user: str) -> Path:
        path = self.folder / f"{user}.toml"
        path.write_text(
            f"""[storage]
data_dir = "{self.folder / "data"}"
keys_dir = "{self.folder / "keys"}"
url = "{self._database_url}"

[broker]
embedded = false
url = "mqtt://127.0.0.1:{self.broker.inside[1]}"
user = "{user}"

[ingest]
lease_s = {self._lease_s}
""",
            encoding="utf-8",
        )
        return path


def _enrolled(base: Foundations, shop: ShopPlan) -> str:
    """Make the shop and its till's box known, as ``lianke-cloud enrol``; the box's secret."""
    store = Store(
        tenant=tenant_id(TENANT),
        store=store_id(shop.store),
        name=shop.name,
        timezone=shop.timezone,
        currency=shop.currency,
        phone_region="CN",
    )
    with write(base.engine) as connection:
        ensure_store(connection, store, base.clock.now())
    device = device_id(shop.device)
    actor = Actor("terminal")
    return base.registry.enrol(store.tenant, store.store, device, DeviceKind.POS, actor).secret
