"""Opening an outbox for writing from the command line: as the agent does, and never beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from zoneinfo import ZoneInfo

from agent.clock import (
    DeviceClock,
    FloorFile,
    SteadyClock,
    milliseconds_since_boot,
    read_boot_id,
)
from agent.config import AgentConfig
from agent.errors import DiskUnusable, OutboxBusy
from agent.facts import FactMaker
from agent.outbox import Outbox
from agent.outbox.budget import Thrift
from agent.outbox.salvage import Salvage
from models.runtime.clock import SystemClock
from models.vault.keyring import Keyring
from models.vault.master import load_or_create
from models.vault.seal import Sealer


@contextmanager
def writable_outbox(config: AgentConfig) -> Iterator[Outbox]:
    """The outbox of a device whose agent is ended.

    Raises:
        OutboxBusy: an agent is running; the message says what to do.
        OutboxCorrupt, DiskUnusable: as ``Outbox.open``; DiskUnusable also where there is none.
    """
    with salvage_of(config) as salvage, never_beside_an_agent():
        outbox = Outbox.open(
            config.outbox_file,
            salvage.sealer,
            clock=salvage.clock,
            compose_closed=salvage.compose_closed,
            compose_void=salvage.compose_void,
            thrift=Thrift(config.outbox, ZoneInfo(config.device.timezone)),
        )
        try:
            yield outbox
        finally:
            outbox.close()


@contextmanager
def salvage_of(config: AgentConfig) -> Iterator[Salvage]:
    """How to salvage a device's outbox, with the device's own keys and clock."""
    if not config.outbox_file.exists():
        raise DiskUnusable(
            f"no outbox at {config.outbox_file}; has the agent run with this configuration?"
        )
    with ExitStack() as parts:
        keyring = Keyring(config.keyring_file, load_or_create(config.master_key_file))
        parts.callback(keyring.close)
        clock = _steady_clock(config)
        device_clock = DeviceClock(SystemClock(), read_boot_id(), steady=clock)
        facts = FactMaker(config.device.path, device_clock, os.urandom)
        yield Salvage(
            config.outbox_file, Sealer(keyring), clock, os.urandom, facts.closed, facts.void
        )


def _steady_clock(config: AgentConfig) -> SteadyClock:
    """The clock that dates the outbox, begun where the agent left it.

    What it learns is not kept: the floor is the agent's to write.
    """
    floor = FloorFile.of(config.device.data_dir).read()
    return SteadyClock(SystemClock(), read_boot_id(), milliseconds_since_boot, floor)


@contextmanager
def never_beside_an_agent() -> Iterator[None]:
    """Say what to do where an agent is running."""
    try:
        yield
    except OutboxBusy as error:
        raise OutboxBusy(
            f"{error}. End the agent (systemctl stop lianke-agent), run this again, and start it: "
            "meanwhile nothing is lost, the tills' files wait in their folder"
        ) from error
