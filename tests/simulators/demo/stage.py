"""Cloud and shops as processes: configured, enrolled, started, and ended without a trace."""

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
    """Where the stage listens on loopback."""

    http: int
    broker: int

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
        """The name of its only box."""
        return f"{self.store}-pos1"


class Cloud:
    """``lianke-cloud serve`` on a folder of its own."""

    def __init__(self, folder: Path, ports: Ports, password: str) -> None:
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
        self._program.wait_until(answers(f"{self.url}/v1/health"), "the cloud", timeout_s=60)

    @property
    def program(self) -> Program:
        """The running process."""
        assert self._program is not None, "start the cloud first"
        return self._program

    def stop(self) -> None:
        """End it, and with it the broker."""
        if self._program is not None:
            self._program.stop()

    def enrol(self, shop: ShopPlan) -> str:
        """Make the shop and its device known; returns the device's secret."""
        return self._run(
            "enrol",
            *("--tenant", TENANT, "--store", shop.store, "--store-name", shop.name),
            *("--timezone", shop.timezone, "--currency", shop.currency),
            *("--device", shop.device, "--kind", "pos"),
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


class Shop:
    """``lianke-agent run`` on a folder of its own, with a folder its till writes to."""

    def __init__(
        self,
        folder: Path,
        plan: ShopPlan,
        ports: Ports,
        secret: str,
        tablet_port: int,
        *,
        resend_after_s: float = 3.0,
    ) -> None:
        self.folder = folder
        self.plan = plan
        self.till = folder / "till"
        self.config = folder / "agent.toml"
        self.tablet_port = tablet_port
        self._resend_after_s = resend_after_s
        self._program: Program | None = None
        for name in ("till", "data", "keys"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        secret_file = folder / "keys" / "device-secret"
        secret_file.touch(mode=0o600)
        secret_file.write_text(secret, encoding="utf-8")
        self.config.write_text(self._settings(ports, secret_file), encoding="utf-8")

    def _settings(self, ports: Ports, secret_file: Path) -> str:
        return f"""[device]
tenant = "{TENANT}"
store = "{self.plan.store}"
device = "{self.plan.device}"
store_name = "{self.plan.name}"
timezone = "{self.plan.timezone}"
data_dir = "{self.folder / "data"}"
keys_dir = "{self.folder / "keys"}"

[broker]
urls = ["mqtt://127.0.0.1:{ports.broker}"]
password_file = "{secret_file}"

[cloud]
url = "http://127.0.0.1:{ports.http}"

[sync]
resend_after_s = {self._resend_after_s}
backoff_cap_s = 2.0

[till]
folder = "{self.till}"
profile = "{self.plan.profile}"

[tablet]
port = {self.tablet_port}

[housekeeping]
heartbeat_s = 5.0
"""

    @property
    def url(self) -> str:
        """The guide's page."""
        return f"http://127.0.0.1:{self.tablet_port}"

    @property
    def outbox_file(self) -> Path:
        """The agent's outbox."""
        return self.folder / "data" / "outbox.sqlite3"

    def start(self) -> None:
        """Start, and wait until the guide's page answers."""
        self._program = Program(
            [program("lianke-agent"), "run", "--config", str(self.config)],
            self.folder / "agent.log",
        )
        self._program.wait_until(answers(f"{self.url}/healthz"), f"shop {self.plan.store}")

    @property
    def program(self) -> Program:
        """The running process."""
        assert self._program is not None, "start the shop first"
        return self._program

    def stop(self) -> None:
        """End it in an orderly way."""
        if self._program is not None:
            self._program.stop()

    def status(self) -> dict[str, Any]:
        """What ``lianke-agent status --json`` says."""
        done = subprocess.run(
            [program("lianke-agent"), "status", "--config", str(self.config), "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
        return dict(json.loads(done.stdout))
