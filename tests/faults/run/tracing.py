"""Where what is missing was last seen: with the till, in an outbox, or nowhere.

Told when a count comes out wrong, so that a loss can be told from a count that came too early.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.faults.run.census import keys_of
from tests.simulators.demo.boxes import Shop
from tests.simulators.processes import program
from tests.simulators.till import Delivery

MOST: Final = 20


def traces(
    missing: Collection[str], given: Iterable[Delivery], boxes: Sequence[Shop], store: str
) -> Iterator[str]:
    """A line for each of the first missing transactions."""
    if not missing:
        return
    files = {key: each.file_name for each in given for key in keys_of([each], store)}
    tills = [_files(box.till) for box in boxes]
    outboxes = [_events(box) for box in boxes]
    for name in sorted(missing)[:MOST]:
        file = files.get(name, "no file")
        seen = [str(path) for found in tills for path in found.get(file, ())]
        seen += [found[name] for found in outboxes if name in found]
        yield f"missing: {name} of {file}, now in {' and '.join(seen) or 'neither till nor outbox'}"


def _files(till: Path) -> Mapping[str, list[Path]]:
    """Where below a till's folder the files of each name lie."""
    found: dict[str, list[Path]] = {}
    for path in till.rglob("*.xml"):
        found.setdefault(path.name, []).append(path)
    return found


def _events(box: Shop) -> Mapping[str, str]:
    """What an outbox knows of each transaction that it still keeps."""
    export = (program("lianke-agent"), "outbox", "export", "--all", "--stream", "sale")
    done = subprocess.run(
        [*export, "--config", str(box.config)], capture_output=True, text=True, check=False
    )
    running = "runs" if box.running else "does not run"
    return dict(_told(box, running, line) for line in done.stdout.splitlines())


def _told(box: Shop, running: str, line: str) -> tuple[str, str]:
    kept = json.loads(line)
    state = "settled" if kept["settled"] else "pending"
    where = f"{box.folder.name} (which {running})"
    lane = f"sequence {kept['sequence']} of epoch {kept['epoch'][:8]}"
    return kept["event"]["data"].get("natural_key", ""), f"{where} as {lane}, {state}"
