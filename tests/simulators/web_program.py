"""A till's door before a real outbox, in a process of its own: ``python -m … FOLDER``.

Prints its port, then takes what is posted until it is killed.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from prometheus_client import CollectorRegistry

from agent.capture.intake import Intake
from agent.capture.pos.keeping import Keeping
from agent.capture.pos.web.building import Surroundings, build_door
from agent.config.web import WebSettings
from models.runtime.clock import SystemClock
from models.runtime.logs import configure
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from tests.simulators.capturing import PROFILES, SHANGHAI, context
from tests.simulators.outbox_parts import Premises
from tests.simulators.web_door import TOKEN


def main(root: Path) -> None:
    """Run for ever."""
    configure("ERROR")
    token = root / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    outbox = Premises(root, SystemClock(), os.urandom).open()
    around = Surroundings(
        PROFILES,
        root / "data",
        context(),
        Intake(outbox, lambda _sale: None, CollectorRegistry()),
        Keeping(root / "data", BlobSealer(MasterKey(b"k" * 32), "till file"), SHANGHAI),
        SystemClock(),
    )
    door = build_door(WebSettings(token, port=0), around)
    door.start()
    print(door.url.rpartition(":")[2], flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
