"""The page's server: on this box only, and clear about what is in its way."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import httpx
import pytest

from agent.config import TabletSettings
from agent.errors import BadConfiguration
from agent.replica import Replica
from agent.tablet import TabletServer
from models.vault.master import MasterKey
from tests.simulators.clocks import HandClock
from tests.simulators.guide_tablet import SHOP, HandLine, a_tablet


def a_server(folder: Path, settings: TabletSettings) -> TabletServer:
    replica = Replica.open(folder / "r.sqlite3", MasterKey(b"k" * 32), clock=HandClock())
    return TabletServer(settings, replica, line=HandLine(), clock=HandClock(), shop=SHOP)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20", "::", "shop-hub.local"])
def test_members_are_never_shown_to_the_network(tmp_path: Path, host: str) -> None:
    with pytest.raises(BadConfiguration, match=r"tablet\.host"):
        a_server(tmp_path, TabletSettings(host=host))


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadConfiguration, match=f"port {port}"):
            a_server(tmp_path, TabletSettings(port=port)).start()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_it_runs_in_a_thread_of_its_own_until_it_is_stopped(tmp_path: Path, host: str) -> None:
    server = a_server(tmp_path, TabletSettings(host=host, port=0))
    server.start()
    assert httpx.get(f"{server.url}/healthz", timeout=30).status_code == 200
    assert "tablet" in [thread.name for thread in threading.enumerate()]
    server.stop()
    assert "tablet" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/healthz", timeout=30)


def test_a_server_that_was_never_started_may_be_stopped(tmp_path: Path) -> None:
    a_server(tmp_path, TabletSettings(port=0)).stop()


def test_a_replica_in_trouble_is_a_page_and_not_a_stack_trace(tmp_path: Path) -> None:
    with a_tablet(tmp_path, HandClock()) as tablet:
        tablet.replica.close()
        answer = httpx.post(f"{tablet.url}/search", data={"number": "13916825678"}, timeout=30)
        assert answer.status_code == 500
        assert "Traceback" not in answer.text
