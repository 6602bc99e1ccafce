"""Every check that ``lianke-agent doctor`` runs, in the order a person would go through them."""

from __future__ import annotations

from typing import Final

from agent.health.check import Check
from agent.health.checks.alarms import no_alarm_stands
from agent.health.checks.broker import broker_reachable
from agent.health.checks.budgets import budgets_kept
from agent.health.checks.camera import cameras_present
from agent.health.checks.clock import clock_set
from agent.health.checks.cloud import cloud_answers
from agent.health.checks.folders import data_folder_usable
from agent.health.checks.keys import keys_apart
from agent.health.checks.login import login_present
from agent.health.checks.network import network_ready
from agent.health.checks.numbers import numbers_whole
from agent.health.checks.operators import cashiers_named
from agent.health.checks.outbox import outbox_sound, outbox_whole
from agent.health.checks.sources import sources_usable
from agent.health.checks.till import till_folder_usable

QUICK: Final[tuple[Check, ...]] = (
    data_folder_usable,
    keys_apart,
    outbox_sound,
    budgets_kept,
    no_alarm_stands,
    till_folder_usable,
    sources_usable,
    numbers_whole,
    cashiers_named,
    cameras_present,
    network_ready,
    clock_set,
    login_present,
    broker_reachable,
    cloud_answers,
)

THOROUGH: Final = tuple(outbox_whole if check is outbox_sound else check for check in QUICK)
"""The same, reading every event of the outbox: some 10 s for a million of them."""
