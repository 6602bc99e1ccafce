"""Repair by hand: what the agent does by itself on meeting damage, for an agent that is ended."""

from __future__ import annotations

from contextlib import closing

from agent.errors import DiskUnusable, OutboxDamaged
from agent.outbox.aside import complete
from agent.outbox.inspection import Inspection
from agent.outbox.ownership import Ownership
from agent.outbox.salvage import Salvage, Salvaged


def repair(salvage: Salvage, *, force: bool = False) -> Salvaged | None:
    """Read the whole outbox and salvage it where anything is wrong; None where all is well.

    Args:
        salvage: of the outbox.
        force: salvage a sound file as well.

    Raises:
        OutboxBusy: an agent is running on it.
        OutboxCorrupt: it is not an outbox, or one that a newer agent has written.
        DiskUnusable: there is no outbox, or no room for the new file; nothing has changed.
    """
    if not salvage.path.parent.is_dir():
        raise DiskUnusable(f"no outbox at {salvage.path}; is this the right configuration?")
    ownership = Ownership(salvage.path)
    try:
        complete(salvage.path)
        problems = _problems(salvage)
        if problems or force:
            return salvage.run("; ".join(problems) or "repair was asked for")
    finally:
        ownership.release()
    return None


def _problems(salvage: Salvage) -> list[str]:
    try:
        with closing(Inspection.open(salvage.path)) as inspection:
            return inspection.verify()
    except OutboxDamaged as damage:
        return [str(damage.__cause__ or damage)]
