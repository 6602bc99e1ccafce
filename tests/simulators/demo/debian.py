"""One file out of a Debian package, by the ordinary client, without root rights."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_TELL_EVERY_S: Final = 2.0
_TIMEOUT_S: Final = 900.0

Say = Callable[[str], None]


class PackageUnavailable(RuntimeError):
    """The package cannot be had here; the message says why."""


def download(package: str, inside: str, folder: Path, say: Say) -> Path:
    """Fetch a package into the folder and take one file out of it.

    Where the machine's package lists are missing or stale, lists of our own are made in the
    folder: that needs no root.

    Raises:
        PackageUnavailable: there is no client, no network or no such package.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise PackageUnavailable("this is no Debian, which has a clip")
    with _progress(folder, say):
        try:
            _apt(folder, "download", package)
        except PackageUnavailable:
            own = _own_lists(folder)
            _apt(folder, *own, "update")
            _apt(folder, *own, "download", package)
    archive = next(folder.glob(f"{package}_*.deb"))
    return _take_out(archive, inside, folder)


def _own_lists(folder: Path) -> tuple[str, ...]:
    state = folder / "apt"
    for name in ("lists/partial", "cache/archives/partial"):
        (state / name).mkdir(parents=True, exist_ok=True)
    return ("-o", f"Dir::State::lists={state / 'lists'}", "-o", f"Dir::Cache={state / 'cache'}")


def _apt(folder: Path, *words: str) -> None:
    done = _run(["apt-get", "-q", *words], folder)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["apt-get failed"]
        raise PackageUnavailable(last[0].removeprefix("E: "))


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PackageUnavailable(f"apt-get did not end in {_TIMEOUT_S:g} s") from error


def _take_out(archive: Path, inside: str, folder: Path) -> Path:
    target = folder / Path(inside).name
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as tar:
        assert tar.stdout is not None
        with tarfile.open(fileobj=tar.stdout, mode="r|") as members:
            for member in members:
                if member.name == inside:
                    content = members.extractfile(member)
                    assert content is not None
                    with target.open("wb") as out:
                        shutil.copyfileobj(content, out)
    if not target.is_file():
        raise PackageUnavailable(f"{archive.name} holds no {inside}")
    return target


@contextmanager
def _progress(folder: Path, say: Say) -> Iterator[None]:
    """Tell every few seconds how much has arrived."""
    done = threading.Event()

    def tell() -> None:
        while not done.wait(_TELL_EVERY_S):
            arrived = sum(each.stat().st_size for each in folder.glob("*.deb*"))
            say(f"  {arrived / 1e6:.0f} MB")

    teller = threading.Thread(target=tell, name="download progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
