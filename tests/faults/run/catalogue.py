"""Every scenario, in the order in which it is played."""

from __future__ import annotations

from tests.faults.run.scenario import Scenario
from tests.faults.run.scenarios import (
    agent_kills,
    broker_kills,
    clocks,
    database_kills,
    disks,
    duplicates,
    hostile,
    identities,
    ingest_kills,
    lines,
    mixed_kills,
    offline,
    power_cuts,
)

SCENARIOS = (
    Scenario("agent_kill_9", agent_kills.play, full=300, quick=9),
    Scenario("ingest_kill_9_sqlite", ingest_kills.play_sqlite, full=100, quick=4),
    Scenario("ingest_kill_9_postgresql", ingest_kills.play_postgresql, full=60, quick=4),
    Scenario("ingest_kill_9_of_two_sqlite", ingest_kills.play_two_sqlite, full=40, quick=2),
    Scenario("ingest_kill_9_of_two_postgresql", ingest_kills.play_two_postgresql, full=40, quick=2),
    Scenario("broker_kill_9_forgetful", broker_kills.play_forgetful, full=40, quick=5),
    Scenario("broker_kill_9_persistent", broker_kills.play_persistent, full=30, quick=4),
    Scenario("broker_kill_9_embedded", broker_kills.play_embedded, full=30, quick=3),
    Scenario("postgresql_kill_9", database_kills.play, full=50, quick=3),
    Scenario("anything_kill_9", mixed_kills.play, full=60, quick=6),
    Scenario("power_cut_outbox", power_cuts.play_outbox, full=120, quick=15),
    Scenario("power_cut_other_files", power_cuts.play_other_files, full=120, quick=15),
    Scenario("power_cut_agent", power_cuts.play_agent, full=60, quick=3),
    Scenario("disk_full", disks.play_full, full=12, quick=2),
    Scenario("disk_read_only", disks.play_read_only, full=12, quick=2),
    Scenario("descriptors_exhausted", disks.play_descriptors, full=12, quick=2),
    Scenario("line_impaired", lines.play_impairments, full=42, quick=7),
    Scenario("line_5_s_up_5_s_down", lines.play_flapping, full=18, quick=2),
    Scenario("line_and_broker_mutual_tls", lines.play_tls, full=42, quick=4),
    Scenario("cable_pulled", lines.play_pulled_cable, full=20, quick=2),
    Scenario("eight_hours_offline", offline.play, full=1, quick=1),
    Scenario("clock_wrong", clocks.play, full=40, quick=5),
    Scenario("delivered_twice", duplicates.play_shuffled, full=400, quick=40),
    Scenario("old_epochs_replayed", duplicates.play_old_epochs, full=400, quick=40),
    Scenario("twin_boxes", identities.play_twins, full=5, quick=1),
    Scenario("cloned_disk", identities.play_clone, full=5, quick=1),
    Scenario("restored_outbox", identities.play_restored_outbox, full=5, quick=1),
    Scenario("restored_cloud", identities.play_restored_cloud, full=5, quick=1),
    Scenario("hostile_device", hostile.play, full=2_000, quick=1_000),
)
