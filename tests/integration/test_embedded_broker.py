"""The embedded broker's life: it starts, dies, comes back, reloads, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cloud.broker import BrokerSettings, EmbeddedBroker, TlsFiles
from cloud.broker.errors import BrokerRefusedConfig, DirectoryInUse, InvalidLogin, PortTaken
from cloud.errors import BadConfiguration, BrokerUnavailable
from models.runtime.clock import SystemClock
from tests.simulators.certificates import self_signed
from tests.simulators.embedded_broker import embedded_broker, new_embedded_broker
from tests.simulators.known_logins import device, logins_of, worker
from tests.simulators.mqtt_crowd import Crowd, LoginRefused, run_crowd
from tests.simulators.processes import accepts, eventually, free_port, runs
from tests.simulators.required_server import required_nats_server

T = TypeVar("T")

pytestmark = pytest.mark.broker

TILL = device("s1-till")
OTHER = device("s2-till", store="s2")
WORKER = worker()
LOGINS = logins_of(TILL, OTHER, WORKER)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    with embedded_broker(tmp_path / "broker", LOGINS) as running:
        yield running


async def subscribe_and_leave(crowd: Crowd) -> None:
    till = await crowd.connect(TILL.name, TILL.secret, clean=False)
    assert await till.subscribe(TILL.down()) == [1]
    await till.disconnect()
    cloud = await crowd.connect(WORKER.name, WORKER.secret)
    for n in range(50):
        assert await cloud.publish(TILL.down(), b"%d" % n)


async def come_back_for_everything(crowd: Crowd) -> None:
    till = await crowd.connect(TILL.name, TILL.secret, clean=False)
    assert till.session_present
    await till.until_received(50)
    assert [one.payload for one in till.received] == [b"%d" % n for n in range(50)]


def test_killed_broker_comes_back_with_the_session_and_its_queue(broker: EmbeddedBroker) -> None:
    run_crowd(broker.address, subscribe_and_leave)
    first = broker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: broker.restarts == 1)
    assert broker.pid not in (None, first)
    run_crowd(broker.address, come_back_for_everything)


def test_unacknowledged_message_is_sent_again_to_who_comes_back(tmp_path: Path) -> None:
    async def story(crowd: Crowd) -> None:
        deaf = await crowd.connect(TILL.name, TILL.secret, clean=False, answering=False)
        await deaf.subscribe(TILL.down())
        cloud = await crowd.connect(WORKER.name, WORKER.secret)
        await cloud.publish(TILL.down(), b"once more")
        await deaf.until_received(1)
        deaf.vanish()
        await deaf.until_lost()
        till = await crowd.connect(TILL.name, TILL.secret, clean=False)
        await till.until_received(1)

    with new_embedded_broker(
        BrokerSettings(tmp_path, port=free_port(), resend_after_s=1)
    ) as broker:
        broker.start(LOGINS)
        run_crowd(broker.address, story)


def test_broker_survives_the_thread_that_started_it(tmp_path: Path) -> None:
    broker = new_embedded_broker(BrokerSettings(tmp_path / "broker", port=free_port()))
    with broker:
        thread = threading.Thread(target=broker.start, args=(LOGINS,))
        thread.start()
        thread.join()
        first = broker.pid
        time.sleep(0.3)
        assert broker.pid == first
        assert broker.restarts == 0


PARENT = """
import os, sys, time
from pathlib import Path
from tests.simulators.embedded_broker import new_embedded_broker
from tests.simulators.processes import free_port
from cloud.broker import BrokerSettings
broker = new_embedded_broker(BrokerSettings(Path(sys.argv[1]), port=free_port()))
broker.start([])
print(broker.pid, flush=True)
time.sleep(60)
"""


def test_killed_parent_leaves_no_orphan(tmp_path: Path) -> None:
    required_nats_server()
    directory = tmp_path / "broker"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(directory)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = next(int(line) for line in parent.stdout if line.strip().isdigit())
        assert runs(child)
        parent.kill()
    assert eventually(lambda: not runs(child))
    with embedded_broker(directory, LOGINS) as successor:
        assert accepts(successor.address)


def leftover(directory: Path) -> subprocess.Popen[bytes]:
    """A child without a tether, as a kernel without one would leave it behind."""
    with embedded_broker(directory, LOGINS):
        pass
    child = subprocess.Popen(
        [required_nats_server(), "-c", directory / "broker.conf"], stderr=subprocess.DEVNULL
    )
    (directory / "broker.pid").write_text(str(child.pid))
    return child


def test_leftover_child_of_a_killed_parent_is_ended_at_the_next_start(tmp_path: Path) -> None:
    with leftover(tmp_path) as child, embedded_broker(tmp_path, LOGINS) as successor:
        assert child.wait(30) is not None
        assert accepts(successor.address)


def test_foreign_process_with_the_old_process_id_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        (tmp_path / "broker.pid").write_text(str(stranger.pid))
        with embedded_broker(tmp_path, LOGINS):
            assert stranger.poll() is None
        stranger.kill()


def test_taken_port_is_named_with_the_next_step(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        broker = new_embedded_broker(BrokerSettings(tmp_path, port=port))
        with pytest.raises(PortTaken, match=rf"127.0.0.1:{port}.*another program.*another broker"):
            broker.start(LOGINS)
    with broker:
        broker.start(LOGINS)  # a failed start may be repeated
        assert broker.address == ("127.0.0.1", port)


def test_second_broker_in_the_same_directory_is_refused(
    broker: EmbeddedBroker, tmp_path: Path
) -> None:
    second = new_embedded_broker(BrokerSettings(tmp_path / "broker", port=free_port()))
    with pytest.raises(DirectoryInUse, match=str(os.getpid())):
        second.start(LOGINS)
    assert accepts(broker.address)


def test_unusable_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    broker = new_embedded_broker(BrokerSettings(tmp_path / "file" / "broker", port=free_port()))
    with pytest.raises(BadConfiguration, match=r"file/broker cannot be used"):
        broker.start(LOGINS)


def test_program_that_refuses_its_configuration_is_quoted(tmp_path: Path) -> None:
    missing = TlsFiles(tmp_path / "no.pem", tmp_path / "no.key")
    broker = new_embedded_broker(BrokerSettings(tmp_path / "broker", port=free_port(), tls=missing))
    with pytest.raises(BrokerRefusedConfig, match=r"no\.pem"):
        broker.start(LOGINS)


def test_program_that_never_serves_is_given_up_and_ended(tmp_path: Path) -> None:
    deaf = tmp_path / "deaf"
    deaf.write_text("#!/bin/sh\nexec sleep 60\n")
    deaf.chmod(0o700)
    settings = BrokerSettings(tmp_path / "broker", port=free_port(), start_timeout_s=0.5)
    broker = EmbeddedBroker(settings, server=deaf, clock=SystemClock(), random_bytes=os.urandom)
    with pytest.raises(BrokerUnavailable, match=r"accepts no login in 0\.5 s"):
        broker.start(LOGINS)
    child = int((tmp_path / "broker" / "broker.pid").read_text())
    assert not runs(child)


def test_stopped_broker_is_gone_and_its_directory_free(tmp_path: Path) -> None:
    with embedded_broker(tmp_path, LOGINS) as broker:
        child, address = broker.pid, broker.address
        assert child is not None
        broker.stop()
        assert not runs(child)
        assert not accepts(address)
        assert broker.pid is None
        with embedded_broker(tmp_path, LOGINS):
            pass


def test_files_are_readable_by_their_owner_only(broker: EmbeddedBroker, tmp_path: Path) -> None:
    broker.apply_logins(LOGINS)
    directory = tmp_path / "broker"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "broker.conf").stat().st_mode) == 0o600
    assert TILL.secret not in (directory / "broker.conf").read_text()


def test_applied_logins_are_in_force_on_return_and_nobody_is_dropped(
    broker: EmbeddedBroker,
) -> None:
    newcomers = [device(f"s1-new{n}") for n in range(5)]

    async def story(crowd: Crowd) -> None:
        till = await crowd.connect(TILL.name, TILL.secret)
        for n in range(len(newcomers)):
            known = newcomers[: n + 1]
            await asyncio.to_thread(broker.apply_logins, [*LOGINS, *logins_of(*known)])
            await crowd.connect(known[-1].name, known[-1].secret)
        assert till.connected

    run_crowd(broker.address, story)


def test_removed_login_and_changed_secret_are_disconnected(broker: EmbeddedBroker) -> None:
    renewed = device(OTHER.name, store="s2")

    async def story(crowd: Crowd) -> None:
        till = await crowd.connect(TILL.name, TILL.secret)
        other = await crowd.connect(OTHER.name, OTHER.secret)
        await asyncio.to_thread(broker.apply_logins, logins_of(renewed, WORKER))
        await asyncio.gather(till.until_lost(), other.until_lost())
        with pytest.raises(LoginRefused):
            await crowd.connect(OTHER.name, OTHER.secret)
        await crowd.connect(renewed.name, renewed.secret)

    run_crowd(broker.address, story)


def test_two_logins_of_one_name_change_nothing(broker: EmbeddedBroker) -> None:
    with pytest.raises(InvalidLogin, match="s1-till"):
        broker.apply_logins(logins_of(TILL, device(TILL.name, store="s9")))
    run_crowd(broker.address, lambda crowd: crowd.connect(OTHER.name, OTHER.secret))


def test_logins_applied_while_it_is_down_are_in_force_when_it_is_back(
    broker: EmbeddedBroker,
) -> None:
    newcomer = device("s1-new")
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    broker.apply_logins([*LOGINS, newcomer.login])
    run_crowd(broker.address, lambda crowd: crowd.connect(newcomer.name, newcomer.secret))


def test_message_above_the_limit_costs_the_connection_and_nothing_else(
    broker: EmbeddedBroker,
) -> None:
    async def story(crowd: Crowd) -> None:
        cloud = await crowd.connect(WORKER.name, WORKER.secret)
        await cloud.subscribe("lk1/#")
        till = await crowd.connect(TILL.name, TILL.secret)
        assert await till.publish(TILL.up(), bytes(600 << 10))
        assert not await till.publish(TILL.up(), bytes(2 << 20))
        await cloud.until_received(1)
        assert cloud.connected

    run_crowd(broker.address, story)


def test_queue_is_bounded_and_drops_the_oldest(tmp_path: Path) -> None:
    settings = BrokerSettings(tmp_path, port=free_port(), queue_max_bytes=64 << 10)

    async def story(crowd: Crowd) -> None:
        till = await crowd.connect(TILL.name, TILL.secret, clean=False)
        await till.subscribe(TILL.down())
        await till.disconnect()
        cloud = await crowd.connect(WORKER.name, WORKER.secret)
        for n in range(40):
            await cloud.publish(TILL.down(), b"%02d" % n + bytes(4 << 10))
        back = await crowd.connect(TILL.name, TILL.secret, clean=False)
        while not back.received or back.received[-1].payload[:2] != b"39":
            await back.until_received(len(back.received) + 1)
        assert 10 <= len(back.received) <= 16

    with new_embedded_broker(settings) as broker:
        broker.start(LOGINS)
        run_crowd(broker.address, story)


def test_stored_messages_are_encrypted_and_another_key_begins_anew(tmp_path: Path) -> None:
    def files_holding(text: bytes) -> list[Path]:
        blocks = tmp_path.rglob("*.blk")
        return [path for path in blocks if text in path.read_bytes()]

    async def queue_something(crowd: Crowd) -> None:
        till = await crowd.connect(TILL.name, TILL.secret, clean=False)
        await till.subscribe(TILL.down())
        await till.disconnect()
        cloud = await crowd.connect(WORKER.name, WORKER.secret)
        await cloud.publish(TILL.down(), b"a member's card")

    async def session_is_present(crowd: Crowd) -> bool:
        return (await crowd.connect(TILL.name, TILL.secret, clean=False)).session_present

    def live(key: str | None, story: Callable[[Crowd], Coroutine[Any, Any, T]]) -> T:
        with new_embedded_broker(
            BrokerSettings(tmp_path, port=free_port(), storage_key=key)
        ) as broker:
            broker.start(LOGINS)
            return run_crowd(broker.address, story)

    live(None, queue_something)
    assert files_holding(b"a member's card")
    assert not live("123", session_is_present)
    live("123", queue_something)
    assert not files_holding(b"a member's card")
    assert live("123", session_is_present)


def test_renewed_certificate_is_served_once_logins_are_applied(tmp_path: Path) -> None:
    tls = self_signed(tmp_path)
    with new_embedded_broker(
        BrokerSettings(tmp_path / "broker", port=free_port(), tls=tls)
    ) as broker:
        broker.start(LOGINS)
        self_signed(tmp_path)
        broker.apply_logins(LOGINS)
        assert ssl.get_server_certificate(broker.address) == tls.certificate.read_text()


def test_tls_is_spoken_when_asked_for(tmp_path: Path) -> None:
    tls = self_signed(tmp_path)

    trusting = ssl.create_default_context(cafile=str(tls.certificate))

    async def story(crowd: Crowd) -> None:
        till = await crowd.connect(TILL.name, TILL.secret, tls=trusting)
        assert await till.subscribe(TILL.down()) == [1]
        with pytest.raises((LoginRefused, TimeoutError)):
            await crowd.connect(TILL.name, TILL.secret, timeout_s=1)

    with new_embedded_broker(
        BrokerSettings(tmp_path / "broker", port=free_port(), tls=tls)
    ) as broker:
        broker.start(LOGINS)
        broker.apply_logins(LOGINS)
        run_crowd(broker.address, story)
