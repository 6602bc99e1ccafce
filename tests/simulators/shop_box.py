"""A throw-away root that stands for a shop's box, and the folder a technician brings to it.

`Box.install` runs the real install.sh against the root, from the brought folder alone: a wheelhouse
that holds nothing but a wheel of a few bytes, so no run needs a network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "firmware_scripts"
BASE = Path("opt/lianke")
NOBODY = 65534


def write_wheel(folder: Path, version: str, *, requires: str | None = None) -> Path:
    """A wheel as pip wants it, holding an agent that can do no more than answer --help."""
    info = f"lianke-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: lianke\nVersion: {version}\n"
    metadata += "Provides-Extra: agent\nProvides-Extra: vision\n"
    if requires is not None:
        metadata += f'Requires-Dist: {requires} ; extra == "agent"\n'
    files = {
        "staged_agent.py": f"def main() -> None:\n    print('agent {version}')\n",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nlianke-agent = staged_agent:main\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    wheel = folder / f"lianke-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


@dataclass(frozen=True, slots=True)
class Box:
    """A root folder standing for a shop's box, and the folder a technician brings to it."""

    root: Path
    brought: Path

    @property
    def script(self) -> str:
        return str(self.brought / "firmware_scripts" / "install.sh")

    @property
    def where(self) -> list[str]:
        """The options that keep a run inside the root and off the network."""
        return ["--root", str(self.root), "--wheelhouse", str(self.brought / "wheelhouse")]

    @property
    def command(self) -> list[str]:
        """An install on the Python that runs the tests, which is known to have venv."""
        return [self.script, *self.where, "--python", f"{sys.base_prefix}/bin/python3"]

    def install(self, *options: str) -> subprocess.CompletedProcess[str]:
        """One run to its end; an option given twice counts the second time."""
        return self._run([*self.command, *options])

    def install_as_ordinary_user(self, *options: str) -> subprocess.CompletedProcess[str]:
        """One run without root's rights, on the system's Python: root's own may be out of reach."""
        return self._run([self.script, *options], uid=NOBODY if os.geteuid() == 0 else None)

    def _run(self, command: list[str], uid: int | None = None) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, user=uid, cwd="/"
        )

    def bring(self, version: str, *, requires: str | None = None) -> Path:
        """Replaces the wheel in the wheelhouse."""
        wheelhouse = self.brought / "wheelhouse"
        for old in wheelhouse.glob("lianke-*.whl"):
            old.unlink()
        return write_wheel(wheelhouse, version, requires=requires)

    def listing(self) -> dict[str, tuple[int, int, int]]:
        """Everything under the root: mode, size and time of last change."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            about = path.lstat()
            found[str(path)] = (about.st_mode, about.st_size, about.st_mtime_ns)
        return found

    def releases(self) -> set[str]:
        return {path.name for path in (self.root / BASE / "releases").iterdir()}

    def current(self) -> str:
        return (self.root / BASE / "current").readlink().name


def fresh_box() -> Box:
    # Not pytest's own folder: that is closed to the ordinary user some tests turn into.
    top = Path(tempfile.mkdtemp(prefix="lianke-box-"))
    top.chmod(0o755)
    for name in ("root", "wheelhouse"):
        (top / name).mkdir()
    shutil.copytree(SCRIPTS, top / "firmware_scripts")
    (top / "agent.toml").write_text('[device]\nstore = "s0001"\n')
    box = Box(root=top / "root", brought=top)
    box.bring("1.0.0")
    return box
