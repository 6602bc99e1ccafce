"""What comes after capturing: the quarantine's rounds, put together for a box that has a till."""

from __future__ import annotations

from contextlib import ExitStack

from agent.app.tills import TillParts
from agent.capture.aside.again import Again
from agent.capture.aside.readers import Readers
from agent.capture.aside.reporting import Reporter
from agent.capture.aside.rounds import QuarantineRounds
from agent.capture.aside.telling import Teller
from agent.capture.quarantine import Quarantine
from agent.config import configs_folder
from agent.facts import FactMaker
from agent.outbox import Outbox


def start_quarantine(
    made_of: TillParts, outbox: Outbox, facts: FactMaker, parts: ExitStack
) -> QuarantineRounds | None:
    """Start the rounds, unless nothing is captured here; ``parts`` stops them."""
    config, keeping = made_of.config, made_of.keeping()
    if config.till.folder is None and not config.has_sources:
        return None
    quarantine = Quarantine(config.device.data_dir, keeping)
    readers = Readers(config, configs_folder())
    again = Again(
        quarantine, readers, made_of.context, made_of.sink, keeping, config.device.data_dir
    )
    teller = Teller(quarantine, readers, made_of.context)
    reporter = Reporter(quarantine, teller, facts, outbox, config.till.quarantine_days)
    rounds = QuarantineRounds(again, reporter, made_of.clock)
    rounds.start()
    parts.callback(rounds.stop)
    return rounds
