"""The cloud as a process, and the shops that are planned."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulators.processes import Program, answers, free_port, program, this_port_or_free

TENANT = "demo"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the stage listens: on loopback, unless shops are in a network of their own."""

    http: int
    broker: int
    host: str = "127.0.0.1"

    @classmethod
    def free(cls) -> Ports:
        """Ports that nobody uses now."""
        return cls(http=free_port(), broker=free_port())

    @classmethod
    def usual(cls) -> Ports:
        """The ports that the README names, where nobody else has them."""
        return cls(http=this_port_or_free(8080), broker=this_port_or_free(1883))


@dataclass(frozen=True, slots=True)
class ShopPlan:
    """One shop with one till.

    Attributes:
        profile: the till profile.
    """

    store: str
    name: str
    timezone: str
    currency: str
    profile: str

    @property
    def device(self) -> str:
        """The name of its till's box."""
        return f"{self.store}-pos1"

    @property
    def camera(self) -> str:
        """The name of the box at its door, where it has one."""
        return f"{self.store}-cam1"


class Cloud:
    """``lianke-cloud serve`` on a folder of its own."""

    def __init__(
        self, folder: Path, ports: Ports, password: str, *, database_url: str = ""
    ) -> None:
        """``database_url`` is SQLAlchemy's; SQLite in the folder where it is empty."""
        self.folder = folder
        self.ports = ports
        self.config = folder / "cloud.toml"
        self._password = password
        self._program: Program | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(
            f"""[storage]
data_dir = "{folder / "data"}"
keys_dir = "{folder / "keys"}"
url = "{database_url}"

[broker]
port = {ports.broker}

[http]
port = {ports.http}
""",
            encoding="utf-8",
        )

    @property
    def url(self) -> str:
        """Console and API."""
        return f"http://127.0.0.1:{self.ports.http}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._program = Program(
            [program("lianke-cloud"), "serve", "--config", str(self.config)],
            self.folder / "cloud.log",
            environment={"LIANKE_CONSOLE_PASSWORD": self._password},
            niceness=10,  # head office's machine is another one: it takes no time from the till's
        )
        self._program.wait_until(answers(f"{self.url}/v1/health"), "the cloud", timeout_s=120)

    @property
    def program(self) -> Program:
        """The running process."""
        assert self._program is not None, "start the cloud first"
        return self._program

    def stop(self) -> None:
        """End it, and with it the broker."""
        if self._program is not None:
            self._program.stop()

    def enrol(self, shop: ShopPlan, device: str = "", kind: str = "pos") -> str:
        """Make the shop and a device known, its till's by default; returns the device's secret."""
        return self._run(
            "enrol",
            *("--tenant", TENANT, "--store", shop.store, "--store-name", shop.name),
            *("--timezone", shop.timezone, "--currency", shop.currency),
            *("--device", device or shop.device, "--kind", kind),
        ).strip()

    def status(self) -> dict[str, Any]:
        """What ``lianke-cloud status --json`` says."""
        return dict(json.loads(self._run("status", "--json")))

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [program("lianke-cloud"), arguments[0], "--config", str(self.config), *arguments[1:]],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"lianke-cloud {arguments[0]}: {done.stderr.strip()[-2000:]}")
        return done.stdout
