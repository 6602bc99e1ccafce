"""A real Mosquitto on a free loopback port, with our generated access rules.

Its configuration is the example that we ship, so every test with it also tests the example.
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cloud.broker import Login, acl_file, password_file
from tests.simulators.authority import Authority
from tests.simulators.processes import accepts, free_port
from tests.simulators.required_server import required_program

EXAMPLE = Path(__file__).parents[2] / "device_configs" / "broker" / "mosquitto.conf"

_DEADLINE_S = 30.0


class Mosquitto:
    """A Mosquitto process in a directory of its own; it can be killed and brought back."""

    def __init__(
        self,
        directory: Path,
        logins: Iterable[Login],
        *,
        persistent: bool,
        authority: Authority | None = None,
    ) -> None:
        """``inside`` is where workers log in without TLS; everybody does where no authority is."""
        self._program = required_program("mosquitto", package="the Debian package mosquitto")
        self._directory = directory
        self._persistent = persistent
        self._authority = authority
        self.address = ("127.0.0.1", free_port())
        self.inside = self.address if authority is None else ("127.0.0.1", free_port())
        self._process: subprocess.Popen[bytes] | None = None
        self._write_logins(logins)
        self._write("mosquitto.conf", self._config())

    def start(self) -> None:
        """Start, or start again on the same port; returns when it accepts connections."""
        with (self._directory / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "-c", self._directory / "mosquitto.conf"],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _DEADLINE_S
        while not (accepts(self.address) and accepts(self.inside)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._directory / "mosquitto.log").read_text())
            time.sleep(0.02)

    @property
    def pid(self) -> int | None:
        """The process id; None while it is down."""
        return self._process.pid if self._process else None

    def apply_logins(self, logins: Iterable[Login]) -> None:
        """Write new logins and ask for a reload; it happens a moment later."""
        self._write_logins(logins)
        if self._process:
            self._process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """End it with -9, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order, so that it saves what it holds."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Kill it with -9 and start it again."""
        self.kill()
        self.start()

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(_DEADLINE_S)
            self._process = None

    def _write_logins(self, logins: Iterable[Login]) -> None:
        known = list(logins)
        self._write("acl", acl_file(known))
        self._write("passwords", password_file(known))

    def _write(self, name: str, text: str) -> None:
        (self._directory / name).write_text(text)
        (self._directory / name).chmod(0o600)

    def _config(self) -> str:
        """The example that we ship, on loopback without TLS, in our directory."""
        host, port = self.address
        text = EXAMPLE.read_text()
        for shipped, ours in (
            ("listener 8883", f"listener {port} {host}"),
            ("certfile ", "#"),
            ("keyfile ", "#"),
            ("/etc/mosquitto/lianke", str(self._directory)),
            ("/var/lib/mosquitto", str(self._directory)),
            ("persistence true", f"persistence {str(self._persistent).lower()}"),
            ("autosave_interval 60", "autosave_interval 1\nautosave_on_changes true"),
        ):
            assert shipped in text, f"the example has no {shipped!r} any more"
            text = text.replace(shipped, ours)
        if self._authority is not None:
            text += _by_certificate(self._authority) + _inside(self.inside)
        owner = pwd.getpwuid(os.getuid()).pw_name  # as root it would become another
        return f"{text}\nuser {owner}\n"


def _by_certificate(authority: Authority) -> str:
    """Everybody shows a certificate of this authority; its common name is the user's."""
    server = authority.issue("broker")
    return (
        f"\ncafile {authority.ca_file}\ncertfile {server.certificate}\n"
        f"keyfile {server.private_key}\n"
        "require_certificate true\nuse_identity_as_username true\n"
    )


def _inside(address: tuple[str, int]) -> str:
    """A listener for the cloud's own workers, by password."""
    host, port = address
    return f"\nlistener {port} {host}\nuse_username_as_clientid true\n"


@contextmanager
def mosquitto(
    directory: Path,
    logins: Iterable[Login],
    *,
    persistent: bool = False,
    authority: Authority | None = None,
) -> Iterator[Mosquitto]:
    """A running Mosquitto; skips the test where none is installed.

    Args:
        directory: an existing throw-away directory for its files.
        logins: who may log in.
        persistent: save every change at once, so that a kill loses next to nothing.
        authority: speak TLS alone, to those who show a certificate of this authority.
    """
    broker = Mosquitto(directory, logins, persistent=persistent, authority=authority)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
