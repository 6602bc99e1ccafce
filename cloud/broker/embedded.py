"""The embedded default broker: a NATS server with its MQTT door, as a supervised child process.

It is started, reloaded and ended with us, so that one command serves a whole shop chain from one
machine. It is transport and may be thrown away at any time: no promise of ours rests on its queue
(the wire contract says why). What it does promise: only known logins come in, each publishes and
hears only its own, storage stays within bounds, and it is back soon after it dies.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cloud.broker.child import BrokerProcess
from cloud.broker.directory import BrokerDirectory
from cloud.broker.errors import BrokerRefusedConfig
from cloud.broker.listening import claim_port, reachable_host
from cloud.broker.logins import Login
from cloud.broker.nats_config import (
    CONTROL_USER,
    PROBE_USER,
    ServerPlan,
    environment_of,
    render,
)
from cloud.broker.queue_bounds import QueueBounds, control_address
from cloud.broker.readiness import grants_login
from cloud.broker.secret_hash import RandomBytes, hash_secret, new_secret
from cloud.broker.settings import BrokerSettings
from cloud.broker.supervision import Child, RestartDelays, Supervisor
from cloud.errors import BrokerUnavailable
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_POLL_S: Final = 0.02
_ANSWER_TIMEOUT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class _InternalSecrets:
    """The broker's own two logins.

    The probe's is new in every configuration, so that a granted probe proves that exactly this
    configuration is in force.
    """

    control: str
    probe: str


class EmbeddedBroker:
    """A broker process of our own; start it once, then change its logins as devices come and go.

    All methods may be called from any thread and block; from a coroutine use a thread. The
    process lives until ``stop``, or until our own process ends in whatever way.
    """

    def __init__(
        self, settings: BrokerSettings, *, server: Path, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        """``server`` is the NATS server's program, see ``find_server``."""
        self._settings = settings
        self._server = server
        self._clock = clock
        self._random_bytes = random_bytes
        self._directory = BrokerDirectory(settings.data_dir)
        self._delays = RestartDelays(settings.restart_delay_min_s, settings.restart_delay_max_s)
        self._changing = threading.Lock()
        self._supervisor: Supervisor | None = None
        self._port = settings.port
        self._store = settings.data_dir
        self._secrets = _InternalSecrets("", "")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port by which this machine reaches the broker; known once it is started."""
        return reachable_host(self._settings.host), self._port

    @property
    def pid(self) -> int | None:
        """The broker's process id; None while it is down."""
        child = self._supervisor.child if self._supervisor else None
        return child.pid if child else None

    @property
    def restarts(self) -> int:
        """How often the broker died and was brought back."""
        return self._supervisor.restarts if self._supervisor else 0

    def start(self, logins: Iterable[Login]) -> None:
        """Start with these logins; returns when the broker accepts clients.

        Afterwards it is brought back whenever it dies, on the same port.

        Raises:
            DirectoryInUse: another live process runs a broker in this directory.
            PortTaken: something else listens on the port.
            BrokerRefusedConfig: the program ended at once.
            BrokerUnavailable: it did not accept clients within ``start_timeout_s``.
            InvalidLogin: two logins share a name.
        """
        with self._changing:
            assert self._supervisor is None, "a broker is started once"
            self._directory.acquire()
            try:
                self._supervisor = self._start(logins)
            except BaseException:
                self._directory.release()
                raise
        _LOG.info("broker_serving", host=self._settings.host, port=self._port, pid=self.pid)

    def apply_logins(self, logins: Iterable[Login]) -> None:
        """Replace the list of logins; returns when the running broker has applied it.

        Clients whose login stays as it was keep their connection. A login that is gone, or has
        another secret, is disconnected. Idempotent.

        Raises:
            BrokerUnavailable: it did not apply them within ``start_timeout_s``. They are written
                and will be in force when the broker is next started.
            InvalidLogin: two logins share a name; nothing was changed.
        """
        with self._changing:
            assert self._supervisor is not None, "start the broker before changing its logins"
            self._write_config(logins)
            if child := self._supervisor.child:
                child.reload()
            deadline_s = self._clock.monotonic_s() + self._settings.start_timeout_s
            while not self._probe_granted():
                self._wait_or_give_up(deadline_s, "did not apply the new logins")

    def stop(self) -> None:
        """End the broker; blocks up to ``stop_timeout_s``. Idempotent."""
        if self._supervisor is not None:
            self._supervisor.stop(self._settings.stop_timeout_s)
        self._directory.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self, logins: Iterable[Login]) -> Supervisor:
        self._directory.end_leftover(self._settings.stop_timeout_s)
        self._store = self._directory.store(self._settings.storage_key)
        self._port = claim_port(self._settings.host, self._settings.port)
        self._secrets = _InternalSecrets(control=new_secret(self._random_bytes), probe="")
        self._write_config(logins)
        supervisor = Supervisor(self._launch, self._clock, self._delays)
        self._supervisor = supervisor  # the launch looks at it
        try:
            supervisor.start()
        except BaseException:
            supervisor.stop(self._settings.stop_timeout_s)
            self._supervisor = None
            raise
        return supervisor

    def _write_config(self, logins: Iterable[Login]) -> None:
        secrets = _InternalSecrets(self._secrets.control, new_secret(self._random_bytes))
        plan = ServerPlan(
            port=self._port,
            store_dir=self._store,
            ports_dir=self._directory.ports,
            probe_hash=hash_secret(secrets.probe, self._random_bytes).bcrypt,
            control_hash=hash_secret(secrets.control, self._random_bytes).bcrypt,
        )
        self._directory.write_config(render(self._settings, plan, logins))
        self._secrets = secrets

    def _launch(self) -> Child:
        """One life of the program, from its start until it serves. On the supervisor's thread."""
        claim_port(self._settings.host, self._port)
        self._directory.clear_ports()
        environment = environment_of(self._settings)
        child = BrokerProcess(self._server, self._directory.config, environment)
        try:
            self._directory.remember_child(child.pid)
            self._await_serving(child)
            self._bound_storage()
        except BaseException:
            child.end(self._settings.stop_timeout_s)
            raise
        return child

    def _await_serving(self, child: BrokerProcess) -> None:
        deadline_s = self._clock.monotonic_s() + self._settings.start_timeout_s
        read_with = self._secrets
        while not (self._probe_granted() and control_address(self._directory.ports)):
            if not child.running:
                raise BrokerRefusedConfig(
                    f"{self._server} ended at start with code {child.wait()}: "
                    f"{child.last_words or 'it said nothing'}"
                )
            if read_with is not self._secrets:  # the logins were changed since it started
                read_with = self._secrets
                child.reload()
            self._wait_or_give_up(deadline_s, "accepts no login")

    def _bound_storage(self) -> None:
        address = control_address(self._directory.ports)
        assert address is not None, "what serves has written its port"
        with QueueBounds(address, CONTROL_USER, self._secrets.control, _ANSWER_TIMEOUT_S) as bounds:
            bounds.bound_queue(self._settings.queue_max_bytes, self._settings.queue_max_age_s)
            bounds.bound_retained(self._settings.retained_max_bytes)

    def _probe_granted(self) -> bool:
        return grants_login(
            self.address, PROBE_USER, self._secrets.probe, self._settings.tls, _ANSWER_TIMEOUT_S
        )

    def _wait_or_give_up(self, deadline_s: float, complaint: str) -> None:
        assert self._supervisor is not None
        host, port = self.address
        if self._supervisor.pause(_POLL_S):
            raise BrokerUnavailable(f"the broker at {host}:{port} is being stopped")
        if self._clock.monotonic_s() > deadline_s:
            raise BrokerUnavailable(
                f"the broker at {host}:{port} {complaint} in {self._settings.start_timeout_s} s: "
                "see its log lines (broker_says)"
            )
