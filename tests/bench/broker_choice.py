"""Which broker to embed: the same thousand devices against each candidate, one JSON line each.

    python -m tests.bench.broker_choice --devices 1000 --rounds 10 nats amqtt mosquitto

Candidates are the embedded NATS server as the product runs it, amqtt with its own login and access
plugins, and, for comparison only, Mosquitto. CPU and memory are the broker process's; the crowd
shares the machine with it. ``docs/explanation/adr/0001-embedded-broker.md`` holds the figures.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import structlog
from pwdlib.hashers.argon2 import Argon2Hasher

from cloud.broker import Login
from cloud.broker.access_rules import access_of
from tests.simulators.crowd_trial import Phase, Trial, TrialFigures, shop_devices
from tests.simulators.embedded_broker import embedded_broker
from tests.simulators.known_logins import KnownDevice, KnownWorker, logins_of, worker
from tests.simulators.mosquitto import mosquitto
from tests.simulators.mqtt_crowd import Crowd, run_crowd
from tests.simulators.processes import accepts, eventually, free_port

Known = KnownDevice | KnownWorker
Running = tuple[tuple[str, int], psutil.Process]
Candidate = Callable[[Path, Sequence[Known]], AbstractContextManager[Running]]


@contextmanager
def nats(directory: Path, known: Sequence[Known]) -> Iterator[Running]:
    with embedded_broker(directory, logins_of(*known)) as broker:
        yield broker.address, psutil.Process(broker.pid)


@contextmanager
def reference_mosquitto(directory: Path, known: Sequence[Known]) -> Iterator[Running]:
    with mosquitto(directory, logins_of(*known)) as broker:
        yield broker.address, psutil.Process(broker.pid)


@contextmanager
def amqtt(directory: Path, known: Sequence[Known]) -> Iterator[Running]:
    settings = directory / "settings.json"
    port = free_port()
    settings.write_text(json.dumps(_amqtt_settings(directory, port, known)))
    command = [sys.executable, "-m", "tests.bench.amqtt_server", str(settings)]
    with subprocess.Popen(command) as process:
        try:
            _await_port(port)
            yield ("127.0.0.1", port), psutil.Process(process.pid)
        finally:
            process.kill()


CANDIDATES: dict[str, Candidate] = {"nats": nats, "amqtt": amqtt, "mosquitto": reference_mosquitto}


def measure(name: str, devices: Sequence[KnownDevice], cloud: KnownWorker, rounds: int) -> Any:
    """One candidate's figures, as JSON."""
    with (
        tempfile.TemporaryDirectory() as directory,
        CANDIDATES[name](Path(directory), [cloud, *devices]) as (address, process),
    ):

        async def story(crowd: Crowd) -> TrialFigures:
            return await Trial(crowd, process, devices, cloud, rounds=rounds).run()

        figures = run_crowd(address, story, timeout_s=600)
    return {
        "broker": name,
        "devices": len(devices),
        **{
            phase: _phase(getattr(figures, phase))
            for phase in ("connect", "subscribe", "up", "down")
        },
        "foreign_arrived": figures.foreign_arrived,
        "foreign_heard": figures.foreign_heard,
    }


def _phase(phase: Phase) -> dict[str, float]:
    return {
        "count": phase.count,
        "per_s": round(phase.per_s),
        "cpu_us_each": round(phase.cpu_us_each),
        "rss_mib": round(phase.rss_mib),
    }


def _amqtt_settings(directory: Path, port: int, known: Sequence[Known]) -> dict[str, Any]:
    passwords = directory / "passwords"
    hasher = Argon2Hasher(
        time_cost=1, memory_cost=8, parallelism=1
    )  # its lowest, as for the others
    passwords.write_text("".join(f"{one.name}:{hasher.hash(one.secret)}\n" for one in known))
    access = {one.name: access_of(_login(one)) for one in known}
    return {
        "port": port,
        "password_file": str(passwords),
        "publish": {name: list(rule.publish) for name, rule in access.items()},
        "subscribe": {name: list(rule.subscribe) for name, rule in access.items()},
    }


def _login(known: Known) -> Login:
    return known.login


def _await_port(port: int) -> None:
    if not eventually(lambda: accepts(("127.0.0.1", port)), 20):
        raise TimeoutError(f"nothing listens on port {port}")


def main() -> None:
    """Run the named candidates, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("candidates", nargs="*", choices=[*CANDIDATES, []], default=[])
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(json.dumps({"cpus": psutil.cpu_count(), "machine": platform.machine()}))
    devices, cloud = shop_devices(options.devices), worker()
    for name in options.candidates or CANDIDATES:
        print(json.dumps(measure(name, devices, cloud, options.rounds)), flush=True)


if __name__ == "__main__":
    main()
