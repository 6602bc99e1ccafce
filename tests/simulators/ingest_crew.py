"""Several ``lianke-cloud ingest`` processes over one database and one broker, and their tills.

with ingest_crew(tmp_path, "mosquitto", workers=["one", "two"]) as crew:
    crew.start("one"); crew.start("two")
    eventually(lambda: crew.shares() == {"one": 32, "two": 32})
    crew.kill("one")
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

from cloud.access.audit import Actor
from cloud.broker import CloudLogin, EmbeddedBroker, Login, hash_secret, new_secret
from cloud.config import CloudConfig, StorageSettings, read_parts
from cloud.devices import DeviceKind
from cloud.foundations import Foundations
from cloud.ingest.roster import on_duty
from cloud.organisation import Store, ensure_store
from cloud.storage import write
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId
from tests.simulators.embedded_broker import embedded_broker
from tests.simulators.known_logins import RANDOM
from tests.simulators.mosquitto import Mosquitto, mosquitto
from tests.simulators.processes import Program, program
from tests.simulators.resending_tills import ResendingTill

LEASE_S = 2.0
_PASSWORD = new_secret(RANDOM)
_TERMINAL = Actor("terminal")


@dataclass
class Crew:
    """Everything around the workers. ``base`` looks into the same database from outside."""

    folder: Path
    base: Foundations
    broker: Mosquitto | EmbeddedBroker
    devices: dict[DevicePath, str]
    storage: StorageSettings
    programs: dict[str, Program] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, database_url: str = "") -> None:
        """Start a worker; ``database_url`` where it has another way to the database."""
        config = self.folder / f"{name}.toml"
        storage = replace(self.storage, url=database_url or self.storage.url)
        config.write_text(_config(storage, self.broker.address), encoding="utf-8")
        self.pages.pop(name, None)
        self.programs[name] = Program(
            [program("lianke-cloud"), "ingest", "--config", str(config), "--worker", name],
            self.folder / f"{name}.log",
            environment={"LIANKE_BROKER_PASSWORD": _PASSWORD},
        )

    def kill(self, name: str) -> None:
        """kill -9."""
        self.programs.pop(name).kill()

    def freeze(self, name: str) -> None:
        """SIGSTOP: it stands still wherever it is, and keeps its connections."""
        os.kill(self.programs[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """SIGCONT: it goes on as if nothing had been."""
        os.kill(self.programs[name].pid, signal.SIGCONT)

    def counted(self, name: str) -> dict[str, float]:
        """What a worker says at ``/metrics`` of its events, by what became of them.

        The first time it must be on the roster, which says where its page is.
        """
        if name not in self.pages:
            self.pages |= {one.worker: one.health for one in on_duty(self.base.engine)}
        text = requests.get(f"{self.pages[name]}/metrics", timeout=30).text
        return {
            sample.labels["outcome"]: sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "lianke_ingest_events_total"
        }

    def stop(self, name: str) -> int:
        """SIGTERM; returns the exit code."""
        return self.programs.pop(name).stop()

    def shares(self) -> dict[str, int]:
        """How many parts each worker on the roster holds."""
        return {
            one.worker: len(read_parts(one.holds)) if one.holds else 0
            for one in on_duty(self.base.engine)
        }

    def tills(self, sales: int, start: int = 1) -> list[ResendingTill]:
        """One for each device, with that many sales each, numbered from ``start`` on."""
        address = self.broker.address
        return [
            ResendingTill(path, secret, address, sales, start)
            for path, secret in self.devices.items()
        ]


@contextmanager
def ingest_crew(
    folder: Path, broker: str, workers: Sequence[str], shops: int = 8, database_url: str = ""
) -> Iterator[Crew]:
    """A crew over a ``mosquitto`` or an ``embedded`` broker; no worker runs yet.

    ``database_url`` is SQLAlchemy's; SQLite in the folder where it is empty.
    """
    storage = StorageSettings(data_dir=folder / "data", keys_dir=folder / "keys", url=database_url)
    with ExitStack() as parts:
        base = parts.enter_context(Foundations.lay(CloudConfig(storage=storage), may_upgrade=True))
        devices = dict(_enrolled(base, number) for number in range(shops))
        secret = hash_secret(_PASSWORD, RANDOM)
        logins: list[Login] = [CloudLogin(f"_cloud-{name}", secret) for name in workers]
        logins += base.registry.logins()
        (folder / "broker").mkdir()
        running: Mosquitto | EmbeddedBroker
        if broker == "mosquitto":
            running = parts.enter_context(mosquitto(folder / "broker", logins))
        else:
            running = parts.enter_context(embedded_broker(folder / "broker", logins))
        crew = Crew(folder, base, running, devices, storage)
        try:
            yield crew
        finally:
            for name in list(crew.programs):
                if crew.programs[name].running:
                    crew.thaw(name)
                crew.stop(name)


def _enrolled(base: Foundations, number: int) -> tuple[DevicePath, str]:
    path = DevicePath(
        TenantId("demo"), StoreId(f"sh-{number:04}"), DeviceId(f"sh-{number:04}-pos1")
    )
    shop = Store(
        tenant=path.tenant,
        store=path.store,
        name=path.store,
        timezone="Asia/Shanghai",
        currency="CNY",
        phone_region="CN",
    )
    with write(base.engine) as connection:
        ensure_store(connection, shop, base.clock.now())
    enrolled = base.registry.enrol(path.tenant, path.store, path.device, DeviceKind.POS, _TERMINAL)
    return path, enrolled.secret


def _config(storage: StorageSettings, broker: tuple[str, int]) -> str:
    return f"""[storage]
data_dir = "{storage.data_dir}"
keys_dir = "{storage.keys_dir}"
url = "{storage.url}"

[broker]
embedded = false
url = "mqtt://{broker[0]}:{broker[1]}"

[ingest]
lease_s = {LEASE_S}
"""
