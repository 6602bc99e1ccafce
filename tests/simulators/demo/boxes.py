"""The boxes of a shop as processes: ``lianke-agent run`` at the till and at the door."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.simulators.authority import Authority
from tests.simulators.demo.door import Door
from tests.simulators.demo.stage import TENANT, Ports, ShopPlan
from tests.simulators.processes import Program, answers, program


class Box:
    """One agent on a folder of its own.

    Attributes:
        environment: what its process finds there beside ours; counts from the next start.
        wrapping: a command that runs the agent's, such as one in another network.
    """

    def __init__(self, folder: Path, device: str, settings: str, secret: str) -> None:
        self.folder = folder
        self.device = device
        self.config = folder / "agent.toml"
        self.environment: Mapping[str, str] = {}
        self.wrapping: Sequence[str] = ()
        self._program: Program | None = None
        for name in ("data", "keys"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        secret_file = secret_path(folder)
        secret_file.touch(mode=0o600)
        secret_file.write_text(secret, encoding="utf-8")
        self.config.write_text(settings, encoding="utf-8")

    @property
    def outbox_file(self) -> Path:
        """The agent's outbox."""
        return self.folder / "data" / "outbox.sqlite3"

    def start(self) -> None:
        """Start it; see the kinds of boxes for what is waited for."""
        self.launch()

    def launch(self, niceness: int = 0) -> None:
        """Start it and wait for nothing."""
        self._program = Program(
            [*self.wrapping, program("lianke-agent"), "run", "--config", str(self.config)],
            self.folder / "agent.log",
            environment=self.environment,
            niceness=niceness,
        )

    @property
    def program(self) -> Program:
        """The running process."""
        assert self._program is not None, "start the box first"
        return self._program

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._program is not None and self._program.running

    def stop(self) -> None:
        """End it in an orderly way."""
        if self._program is not None:
            self._program.stop()

    def kill(self) -> None:
        """kill -9, if it was ever started."""
        if self._program is not None:
            self._program.kill()

    def status(self) -> dict[str, Any]:
        """What ``lianke-agent status --json`` says."""
        return self._asked("status")

    def captured(self) -> dict[str, int]:
        """How many transactions of each kind lie in its outbox, settled ones too."""
        return self._asked("outbox", "count")

    def _asked(self, *words: str) -> dict[str, Any]:
        done = subprocess.run(
            [program("lianke-agent"), *words, "--config", str(self.config), "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
        return dict(json.loads(done.stdout))


class Shop(Box):
    """The box at the till, with a folder that its till writes to, and the guide's page."""

    def __init__(
        self,
        folder: Path,
        plan: ShopPlan,
        ports: Ports,
        secret: str,
        tablet_port: int,
        *,
        resend_after_s: float = 3.0,
        till: Path | None = None,
        keepalive_s: int = 30,
        authority: Authority | None = None,
    ) -> None:
        """A shop to be started.

        Args:
            folder: the box's disk.
            plan: which shop it is.
            ports: where the cloud is.
            secret: what enrolment printed.
            tablet_port: where the guide's page is to be.
            resend_after_s: when a batch that is not settled goes again.
            till: the folder its till writes to, where that is not on the box's disk.
            keepalive_s: how soon it notices that nobody answers any more.
            authority: speak TLS with the broker, and show a certificate of this authority.
        """
        self.plan = plan
        self.till = till or folder / "till"
        self.tablet_port = tablet_port
        foundation = _foundation(
            folder,
            plan,
            plan.device,
            ports,
            resend_after_s,
            keepalive_s=keepalive_s,
            authority=authority,
        )
        settings = f"""{foundation}
[till]
folder = "{self.till}"
profile = "{plan.profile}"

[tablet]
port = {tablet_port}
"""
        super().__init__(folder, plan.device, settings, secret)
        self.till.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        """The guide's page."""
        return f"http://127.0.0.1:{self.tablet_port}"

    def start(self) -> None:
        """Start, and wait until the guide's page answers."""
        self.launch()
        self.program.wait_until(answers(f"{self.url}/healthz"), f"shop {self.plan.store}")


class CameraBox(Box):
    """The box at the door. It yields to the till: in real life it is another machine."""

    def __init__(
        self,
        folder: Path,
        plan: ShopPlan,
        ports: Ports,
        secret: str,
        door: Door,
        *,
        begin_at: datetime | None,
        speed: float,
    ) -> None:
        """``begin_at`` is when a clip was recorded; ``speed`` 0 plays it as fast as it goes."""
        self.plan = plan
        self.door = door
        x1, y1, x2, y2 = door.line
        settings = f"""{_foundation(folder, plan, plan.camera, ports, 3.0, kind="camera")}
[tablet]
enabled = false
port = 0

[[camera]]
name = "door"
source = "{door.source}"
{_recording(begin_at, speed) if begin_at else ""}

[[camera.line]]
name = "entrance"
begin = [{x1}, {y1}]
end = [{x2}, {y2}]
"""
        super().__init__(folder, plan.camera, settings, secret)

    def start(self) -> None:
        """Start, and wait until the agent runs; the camera opens in its own time."""
        self.launch(niceness=15)
        said = self.folder / "data" / "cameras.json"
        self.program.wait_until(said.exists, f"the camera box of {self.plan.store}")

    @property
    def done(self) -> bool:
        """Whether the clip has been watched to its end, or never will be."""
        return {camera["state"] for camera in self.status()["cameras"]} <= {"ended", "refused"}


def secret_path(folder: Path) -> Path:
    """Where a box keeps the secret that enrolment printed."""
    return folder / "keys" / "device-secret"


def _recording(begin_at: datetime, speed: float) -> str:
    """Every picture of a clip is looked at, as ``lianke-agent count`` does."""
    return f"begin_at = {begin_at.isoformat()}\nspeed = {speed}\nsample_fps = 0.0"


def _foundation(
    folder: Path,
    plan: ShopPlan,
    device: str,
    ports: Ports,
    resend_after_s: float,
    *,
    kind: str = "pos",
    keepalive_s: int = 30,
    authority: Authority | None = None,
) -> str:
    """What every box is told: who it is, and where the cloud is."""
    return f"""[device]
tenant = "{TENANT}"
store = "{plan.store}"
device = "{device}"
kind = "{kind}"
store_name = "{plan.name}"
timezone = "{plan.timezone}"
data_dir = "{folder / "data"}"
keys_dir = "{folder / "keys"}"

[broker]
urls = ["{"mqtts" if authority else "mqtt"}://{ports.host}:{ports.broker}"]
password_file = "{secret_path(folder)}"
keepalive_s = {keepalive_s}
{_certificate(authority, device) if authority else ""}

[cloud]
url = "http://{ports.host}:{ports.http}"

[sync]
resend_after_s = {resend_after_s}
backoff_cap_s = 2.0

[housekeeping]
heartbeat_s = 5.0
"""


def _certificate(authority: Authority, device: str) -> str:
    ours = authority.issue(device)
    return f"""tls_ca_file = "{authority.ca_file}"
tls_certificate_file = "{ours.certificate}"
tls_key_file = "{ours.private_key}"
"""
