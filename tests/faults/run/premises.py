"""Clouds of real processes for a shop floor: split over a Mosquitto, or all in one service."""

from __future__ import annotations

from pathlib import Path

from cloud.cli import EXIT_TRY_LATER
from tests.faults.run.scenario import Setting
from tests.faults.run.shop_floor import FEWEST_SALES, PLAN, RESEND_AFTER_S, ShopFloor
from tests.simulators.authority import Authority
from tests.simulators.demo.boxes import Shop
from tests.simulators.demo.stage import Cloud, Ports, ShopPlan
from tests.simulators.processes import Program, free_port
from tests.simulators.split_cloud import SplitCloud
from tests.simulators.till import ShopDay


def a_day(setting: Setting, sales: int, workstations: int = 3) -> ShopDay:
    """The day that a seed makes, with at least so many sales as make one."""
    return ShopDay(seed=setting.seed, sales=max(FEWEST_SALES, sales), workstations=workstations)


class Premises(ShopFloor):
    """Mosquitto, one ingest worker and one shop."""

    def __init__(
        self,
        setting: Setting,
        *,
        sales: int,
        persistent_broker: bool = False,
        database_url: str = "",
        workstations: int = 3,
        lease_s: float = 6.0,
        neighbours: tuple[ShopPlan, ...] = (),
        authority: Authority | None = None,
    ) -> None:
        """A cloud to be started.

        Args:
            setting: where and how.
            sales: of the whole day.
            persistent_broker: whether the broker keeps what it holds on disk.
            database_url: SQLAlchemy's; SQLite where it is empty.
            workstations: of the till.
            lease_s: when the parts of a silent ingest worker go to the other one.
            neighbours: are enrolled as well; none of their boxes is started.
            authority: shops speak TLS with the broker and show a certificate of this authority.
        """
        folder = setting.folder / "cloud"
        self._authority = authority
        self.cloud = SplitCloud(
            folder,
            [PLAN, *neighbours],
            persistent=persistent_broker,
            database_url=database_url,
            lease_s=lease_s,
            authority=authority,
        )
        super().__init__(
            setting,
            a_day(setting, sales, workstations),
            self.cloud.administration.config,
            database_url or f"sqlite:///{folder}/data/cloud.sqlite3",
        )

    def add_shop(
        self,
        broker: tuple[str, int] | None = None,
        *,
        folder: Path | None = None,
        keepalive_s: int = 30,
        resend_after_s: float = RESEND_AFTER_S,
    ) -> Shop:
        """A box that looks for the broker where it is, or somewhere else; it is not started."""
        host, port = broker or self.cloud.broker.address
        ports = Ports(http=free_port(), broker=port, host=host)
        secret = self.cloud.secrets[PLAN.store]
        return self.add_box(
            ports,
            secret,
            folder=folder,
            keepalive_s=keepalive_s,
            resend_after_s=resend_after_s,
            authority=self._authority,
        )

    def revive(self) -> Program | None:
        """The first ingest worker: it ends when it finds no database, and asks for another try."""
        worker = self.cloud.ingest
        if worker is None or worker.running:
            return None
        if worker.exit_code == EXIT_TRY_LATER:
            self.cloud.start_ingest()
            return None
        return worker

    def start(self) -> None:
        """Broker, ingest, shop."""
        if not self.boxes:
            self.add_shop()
        self.cloud.broker.start()
        self.cloud.start_ingest()
        super().start()

    def stop(self) -> None:
        """Shop, ingest, broker."""
        super().stop()
        self.cloud.kill()


class OneMachine(ShopFloor):
    """``lianke-cloud serve`` with its own broker, and one shop."""

    def __init__(self, setting: Setting, *, sales: int) -> None:
        folder = setting.folder / "cloud"
        self.cloud = Cloud(folder, Ports.free(), "a long password")
        url = f"sqlite:///{folder}/data/cloud.sqlite3"
        super().__init__(setting, a_day(setting, sales), self.cloud.config, url)
        self.add_box(self.cloud.ports, self.cloud.enrol(PLAN))

    def start(self) -> None:
        """Service, shop."""
        self.cloud.start()
        super().start()

    def stop(self) -> None:
        """Shop, service."""
        super().stop()
        self.cloud.stop()
