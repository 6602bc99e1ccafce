"""Every scenario, with its faults in the full set and in CI's form."""

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
    Scenario("agent_kill_9", agent_kills.play, 300, 9, minutes=6),
    Scenario("ingest_kill_9_sqlite", ingest_kills.play_sqlite, 100, 4, minutes=4),
    Scenario("ingest_kill_9_postgresql", ingest_kills.play_postgresql, 60, 4, minutes=3),
    Scenario("ingest_kill_9_of_two_sqlite", ingest_kills.play_two_sqlite, 40, 2, minutes=4),
    Scenario("ingest_kill_9_of_two_postgresql", ingest_kills.play_two_postgresql, 40, 2, minutes=4),
    Scenario("ingest_frozen_of_two", ingest_kills.play_frozen_postgresql, 20, 2, minutes=2),
    Scenario("broker_kill_9_forgetful", broker_kills.play_forgetful, 50, 5),
    Scenario("broker_kill_9_persistent", broker_kills.play_persistent, 30, 4),
    Scenario("broker_kill_9_embedded", broker_kills.play_embedded, 30, 3),
    Scenario("postgresql_kill_9", database_kills.play, 50, 3, minutes=2),
    Scenario("anything_kill_9", mixed_kills.play, 60, 6, minutes=2),
    Scenario("power_cut_outbox", power_cuts.play_outbox, 120, 15, minutes=2),
    Scenario("power_cut_other_files", power_cuts.play_other_files, 120, 15, minutes=2),
    Scenario("power_cut_agent", power_cuts.play_agent, 60, 3, minutes=3),
    Scenario("disk_full", disks.play_full, 12, 2),
    Scenario("disk_read_only", disks.play_read_only, 12, 2),
    Scenario("descriptors_exhausted", disks.play_descriptors, 12, 2),
    Scenario("line_impaired", lines.play_impairments, 42, 7, minutes=4),
    Scenario("line_5_s_up_5_s_down", lines.play_flapping, 18, 2, minutes=4),
    Scenario("line_and_broker_mutual_tls", lines.play_tls, 42, 4, minutes=4),
    Scenario("cable_pulled", lines.play_pulled_cable, 20, 2, minutes=2),
    Scenario("eight_hours_offline", offline.play, 1, 1, minutes=5),
    Scenario("clock_wrong", clocks.play, 40, 5, minutes=3),
    Scenario("delivered_twice", duplicates.play_shuffled, 400, 40),
    Scenario("old_epochs_replayed", duplicates.play_old_epochs, 400, 40),
    Scenario("twin_boxes", identities.play_twins, 5, 1),
    Scenario("cloned_disk", identities.play_clone, 5, 1),
    Scenario("restored_outbox", identities.play_restored_outbox, 5, 1),
    Scenario("restored_cloud", identities.play_restored_cloud, 5, 1),
    Scenario("cloud_put_back", identities.play_cloud_put_back, 5, 1),
    Scenario("hostile_device", hostile.play, 2_000, 1_000, minutes=2),
)
