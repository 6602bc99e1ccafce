"""A cashier's name by the tenant's key, from real cloud to real boxes over real brokers.

Two boxes of a shop call one cashier by one name without any file, another tenant's box by another.
What is sold before the key comes has no name and says so, and stays the same sale afterwards.
"""

from __future__ import annotations

import os
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from agent.app import Agent
from agent.config import (
    AgentConfig,
    BrokerSettings,
    DeviceSettings,
    MqttProtocol,
    StatusSettings,
    SyncSettings,
    TabletSettings,
    TillSettings,
)
from agent.health.status.tills import OperatorKeyOrigin, OperatorsStatus
from cloud.access.audit import Actor
from cloud.app import PASSWORD_VARIABLE, Roles, Service
from cloud.broker import CloudLogin, Login, hash_secret
from cloud.config import BrokerSettings as CloudBroker
from cloud.config import CloudConfig, HealthSettings, StorageSettings
from cloud.devices import DeviceKind
from cloud.foundations import Foundations
from cloud.organisation import Store, ensure_store
from cloud.storage import write
from models.wire.events.sale import Flag, SaleRecorded
from models.wire.ids import DevicePath, device_id, store_id, tenant_id
from models.wire.topics import Stream
from tests.simulators.mosquitto import mosquitto
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.processes import eventually, free_port
from tests.simulators.required_server import required_nats_server

pytestmark = [pytest.mark.broker, pytest.mark.slow]

WORKER = "_cloud-ingest"
PASSWORD = "w" * 43
CASHIER = "2001"
SHOP, NEXT_TILL, STRANGER = (
    DevicePath(tenant_id(tenant), store_id("sh-0001"), device_id(device))
    for tenant, device in (("demo", "pos1"), ("demo", "pos2"), ("other", "pos9"))
)
BOXES = (SHOP, NEXT_TILL, STRANGER)


@dataclass
class Office:
    """A cloud that is set up and can be opened, closed and opened again.

    Attributes:
        secrets: of the devices' logins.
        keys: of the tenants' cashiers.
        logins: the devices', and ours.
    """

    config: CloudConfig
    port: int
    protocol: MqttProtocol
    secrets: dict[DevicePath, str]
    keys: list[bytes]
    logins: list[Login]

    @contextmanager
    def open(self) -> Iterator[Service]:
        with Service(self.config, Roles(ingest=True, project=True), may_upgrade=False) as service:
            yield service


@pytest.fixture(params=["embedded", "mosquitto 3.1.1", "mosquitto 5"])
def office(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    kind, _, version = str(request.param).partition(" ")
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    monkeypatch.delenv("LIANKE_DEVICE_SECRET", raising=False)
    storage = StorageSettings(tmp_path / "cloud", tmp_path / "cloud-keys")
    health = HealthSettings(enabled=False)
    if kind == "embedded":
        required_nats_server()
        port = free_port()
        config = CloudConfig(storage=storage, broker=CloudBroker(port=port), health=health)
        yield _set_up(config, port, MqttProtocol.AUTO)
        return
    draft = _set_up(CloudConfig(storage=storage, health=health), 0, MqttProtocol(version))
    (tmp_path / "broker").mkdir()
    with mosquitto(tmp_path / "broker", draft.logins) as broker:
        draft.port = broker.address[1]
        outside = CloudBroker(embedded=False, url=f"mqtt://127.0.0.1:{draft.port}", user=WORKER)
        draft.config = CloudConfig(storage=storage, broker=outside, health=health)
        yield draft


def _set_up(config: CloudConfig, port: int, protocol: MqttProtocol) -> Office:
    terminal = Actor("terminal")
    with Foundations.lay(config, may_upgrade=True) as base:
        secrets = {}
        for path in BOXES:
            shop = Store(path.tenant, path.store, "静安寺店", "Asia/Shanghai", "CNY", "CN")
            with write(base.engine) as connection:
                ensure_store(connection, shop, base.clock.now())
            enrolled = base.registry.enrol(
                path.tenant, path.store, path.device, DeviceKind.POS, terminal
            )
            secrets[path] = enrolled.secret
        keys = [base.operator_keys.of(path.tenant) for path in (SHOP, STRANGER)]
        ours = CloudLogin(WORKER, hash_secret(PASSWORD, os.urandom))
        return Office(config, port, protocol, secrets, keys, [ours, *base.registry.logins()])


class Box:
    """One till's box of its own, running."""

    def __init__(self, folder: Path, path: DevicePath, office: Office) -> None:
        self.folder = folder / f"{path.tenant}-{path.device}"
        self.till = self.folder / "till"
        self.till.mkdir(parents=True, exist_ok=True)
        secret = self.folder / "secret"
        secret.touch(0o600)
        secret.write_text(office.secrets[path])
        self.config = AgentConfig(
            device=DeviceSettings(
                path.tenant,
                path.store,
                path.device,
                data_dir=self.folder / "data",
                keys_dir=self.folder / "keys",
            ),
            broker=BrokerSettings(
                urls=(f"mqtt://127.0.0.1:{office.port}",),
                protocol=office.protocol,
                password_file=secret,
            ),
            sync=SyncSettings(backoff_base_s=0.05, backoff_cap_s=0.2),
            till=TillSettings(folder=self.till, rescan_s=0.1, settle_s=0.1),
            tablet=TabletSettings(port=0),
            status=StatusSettings(look_s=1.0),
        )
        self.agent = Agent(self.config)

    def sell(self, number: int) -> None:
        """The till writes one sale of the cashier; returns once its file was taken."""
        data = poslog(transaction(number=str(number), header=f"<OperatorID>{CASHIER}</OperatorID>"))
        draft = self.till / f"{number}.part"
        draft.write_bytes(data)
        draft.rename(self.till / f"{number}.xml")
        assert eventually(lambda: not list(self.till.glob("*.xml")))

    @property
    def named_by(self) -> OperatorKeyOrigin:
        """Where the key is from; none was refused."""
        operators = self.agent.account.look().operators
        assert isinstance(operators, OperatorsStatus)
        assert operators.refused == ""
        return operators.key

    def is_named_by_the_cloud(self) -> bool:
        """The key has come."""
        return self.named_by is OperatorKeyOrigin.CLOUD

    def hands_over(self, sales: int) -> bool:
        """So many sales were captured, and the ledger comes to settle everything."""
        return eventually(lambda: self._has_handed_over(sales), 30)

    def _has_handed_over(self, sales: int) -> bool:
        at_work = self.agent.outbox
        return at_work.last_sequence(Stream.SALE) == sales and not any(
            each.pending for each in at_work.depths()
        )

    def shown(self) -> str:
        """What the box says of itself to those who ask."""
        assert self.agent.tablet is not None
        pages = ("status.json", "status", "metrics")
        return "".join(
            httpx.get(f"{self.agent.tablet.url}/{page}", timeout=30).text for page in pages
        )


@pytest.fixture
def opened(tmp_path: Path, office: Office) -> Iterator[Callable[[DevicePath], Box]]:
    with ExitStack() as running:

        def start(path: DevicePath) -> Box:
            box = Box(tmp_path, path, office)
            running.enter_context(box.agent)
            return box

        yield start


def in_ledger(service: Service) -> dict[tuple[str, str], SaleRecorded]:
    """Every sale of the ledger, by tenant and number; none stands there twice."""
    entries = [
        (entry, data)
        for entry in service.base.journal.read(0, 1000)
        if isinstance(data := entry.data(), SaleRecorded)
    ]
    sales: dict[tuple[str, str], SaleRecorded] = {
        (entry.tenant, data.sequence_number): data for entry, data in entries
    }
    assert len(sales) == len(entries)
    return sales


def test_one_cashier_has_one_name_in_a_tenants_boxes_once_the_key_has_come(
    tmp_path: Path, office: Office, opened: Callable[[DevicePath], Box]
) -> None:
    with capture_logs() as lines:
        boxes = [opened(path) for path in BOXES]
        for number, box in enumerate(boxes, 1):
            assert box.named_by is OperatorKeyOrigin.NONE
            box.sell(number)  # the cloud is not there yet
        with office.open() as service:
            for number, box in enumerate(boxes, 1):
                assert eventually(box.is_named_by_the_cloud, 30)
                box.sell(number + 10)
                box.sell(number)  # the first one's file once more
                assert box.hands_over(2)
            shown = "".join(box.shown() for box in boxes)
            sales = in_ledger(service)
        assert not service.base.journal.counts().conflicts
    early = [sales[key] for key in (("demo", "1"), ("demo", "2"), ("other", "3"))]
    assert [sale.operator_ref for sale in early] == [""] * 3
    assert all(Flag.OPERATOR_LEFT_OUT in sale.capture.flags for sale in early)
    here, beside, stranger = (
        sales[key] for key in (("demo", "11"), ("demo", "12"), ("other", "13"))
    )
    assert here.operator_ref == beside.operator_ref
    assert here.operator_ref != stranger.operator_ref
    assert all(each.operator_ref and not each.capture.flags for each in (here, beside, stranger))
    assert len(sales) == 6, "what was read again added nothing"
    for form in (form for key in office.keys for form in _forms(key)):
        assert form not in f"{lines}{shown}".encode()
        assert _files_with(form, tmp_path) == []


def test_the_key_stays_while_the_cloud_is_away(
    tmp_path: Path, office: Office, opened: Callable[[DevicePath], Box]
) -> None:
    with office.open() as service:
        before = Box(tmp_path, SHOP, office)
        with before.agent:
            assert eventually(before.is_named_by_the_cloud, 30)
        box = opened(NEXT_TILL)
        assert eventually(box.is_named_by_the_cloud, 30)
        box.sell(2)
        assert box.hands_over(1)
        named = in_ledger(service)["demo", "2"].operator_ref
    again = opened(SHOP)
    assert again.named_by is OperatorKeyOrigin.CLOUD
    again.sell(1)
    with office.open() as service:
        assert again.hands_over(1)
        assert in_ledger(service)["demo", "1"].operator_ref == named != ""


def _forms(key: bytes) -> tuple[bytes, ...]:
    """How a key could be written."""
    return key, key.hex().encode(), b64encode(key)[:42], urlsafe_b64encode(key)[:42]


def _files_with(form: bytes, folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if form in _content(path)]


def _content(path: Path) -> bytes:
    """Of a file; nothing of one that is gone since it was listed."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""
