"""Every metric of the agent: name, kind, labels, meaning. A closed list.

A part makes its counters and gauges from here and nowhere else, so what ``/metrics`` shows is
known before the agent runs: ``docs/reference/agent-metrics.md`` is generated from this module, and
a test compares both lists with a running agent. Labels take few values, none of them personal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily


@dataclass(frozen=True, slots=True)
class Metric:
    """What one metric says.

    Attributes:
        name: as Prometheus stores it, without the ``_total`` that every counter ends in.
        meaning: a sentence for operators.
        labels: by what it is divided.
    """

    name: str
    meaning: str
    labels: tuple[str, ...] = ()


class Counted(Enum):
    """What only grows while the agent runs."""

    TRANSACTIONS = Metric(
        "lianke_captured_transactions",
        "Transactions stored in the outbox; what was known already is not counted.",
        ("kind",),
    )
    KNOWN_TRANSACTIONS = Metric(
        "lianke_captured_known",
        "Transactions that were captured before: a reprint, a folder read again.",
    )
    APPENDS_REFUSED = Metric(
        "lianke_outbox_appends_refused",
        "Appends that no budget had room for; a sale's file stays in the till's folder.",
        ("stream",),
    )
    EVENTS_GAVE_WAY = Metric(
        "lianke_outbox_events_gave_way",
        "Events that ended early: thinned and dropped pending ones, settled ones.",
        ("how",),
    )
    BYTES_RETURNED = Metric("lianke_outbox_bytes_returned", "Bytes given back to the disk.")
    EVENTS_SENT = Metric("lianke_sync_events_sent", "Events handed to the broker.", ("stream",))
    BYTES_SENT = Metric("lianke_sync_bytes_sent", "Payload bytes handed to the broker.")
    ACKNOWLEDGEMENTS = Metric("lianke_sync_acknowledgements", "Ledger acknowledgements.")
    EVENTS_REJECTED = Metric("lianke_sync_events_rejected", "Events the ledger refused for good.")
    BATCHES_EXPIRED = Metric(
        "lianke_sync_batches_expired",
        "Batches the ledger did not settle in time; they are sent again.",
    )
    EPOCHS_STARTED = Metric("lianke_sync_epochs_started", "Fresh epochs after a conflict.")
    RIVAL_SIGNS = Metric(
        "lianke_sync_rival_signs",
        "Signs of another box under this device's name: sessions taken over, welcomes not ours.",
    )
    MESSAGES_UNDECODABLE = Metric(
        "lianke_sync_messages_undecodable", "Messages from the cloud that do not decode."
    )
    PICTURES = Metric("lianke_footfall_samples", "Pictures looked at.", ("camera",))
    CROSSINGS = Metric(
        "lianke_footfall_crossings",
        "People who crossed a line, in finished minutes.",
        ("camera", "direction"),
    )
    SECONDS_OBSERVED = Metric(
        "lianke_footfall_observed_seconds",
        "Time that was watched closely enough to count, in finished minutes.",
        ("camera",),
    )
    SECONDS_MISSED = Metric(
        "lianke_footfall_missed_seconds",
        "Time in which nobody watched, by what explains it, in finished minutes.",
        ("camera", "reason"),
    )
    SECONDS_MARKED = Metric(
        "lianke_footfall_marked_seconds",
        "Time in which a camera gave pictures that were not to be trusted, in finished minutes.",
        ("camera", "mark"),
    )
    CAMERA_STARTS = Metric("lianke_camera_starts", "Watchers started.", ("camera",))
    MINUTES_DROPPED = Metric(
        "lianke_footfall_minutes_dropped",
        "Minutes that were given up: the outbox could not take them for too long.",
    )

    SOURCE_SALES = Metric(
        "lianke_source_sales",
        "Sales that a journal or a folder of prints has handed over, repeats included.",
        ("source",),
    )
    SOURCE_CAPTURED = Metric(
        "lianke_source_captured",
        "Transactions of a source that were new, controls included; the till's folder has no name.",
        ("source",),
    )
    SOURCE_LATE = Metric(
        "lianke_source_late",
        "Transactions whose business day was closed on their workstation before they came.",
        ("source",),
    )
    SOURCE_PRINTS = Metric(
        "lianke_source_prints",
        "Receipts that a tap has written down; files that were taken from a folder of prints.",
        ("source",),
    )
    SOURCE_SET_ASIDE = Metric(
        "lianke_source_set_aside",
        "Records, receipts and files of a source that could not be read.",
        ("source",),
    )
    SOURCE_GAPS = Metric(
        "lianke_source_gaps",
        "How often something of a source may be missing: a journal that did not go on where it "
        "was left, a receipt that is not whole, a mistake of a tap.",
        ("source",),
    )
    SOURCE_LOST_BYTES = Metric(
        "lianke_source_lost_bytes", "Bytes that were printed and not written down.", ("source",)
    )

    def make(self, registry: CollectorRegistry) -> Counter:
        """The counter, published in a registry; once per registry."""
        metric = self.value
        return Counter(metric.name, metric.meaning, metric.labels, registry=registry)

    def family(self) -> CounterMetricFamily:
        """An empty family of this counter, for a collector that looks when it is asked."""
        return CounterMetricFamily(self.value.name, self.value.meaning, labels=self.value.labels)


class Measured(Enum):
    """What goes up and down."""

    EVENTS_PENDING = Metric(
        "lianke_outbox_pending_events", "Events that the ledger has not settled.", ("stream",)
    )
    OLDEST_AGE = Metric(
        "lianke_outbox_oldest_age_seconds",
        "How long the oldest unsettled event has waited, 0 when none waits.",
        ("stream",),
    )
    DEAD_LETTERS = Metric("lianke_outbox_dead_letters", "Events kept that the cloud refused.")
    BYTES_USED = Metric("lianke_outbox_used_bytes", "What a budget has in use.", ("budget",))
    BYTES_LIMIT = Metric("lianke_outbox_limit_bytes", "What a budget allows.", ("budget",))
    DISK_FREE = Metric("lianke_outbox_disk_free_bytes", "Bytes free on the outbox's disk.")
    CONNECTED = Metric("lianke_sync_connected", "1 while the cloud answers us.")
    EVENTS_HELD_BACK = Metric(
        "lianke_sync_events_held_back",
        "Events too large for the present broker's packet limit; they stay owed.",
    )
    LAST_ACKNOWLEDGED = Metric(
        "lianke_sync_last_acknowledgement_timestamp_seconds",
        "When the ledger last settled something, seconds since 1970; absent until then.",
    )
    CLOCK_QUALITY = Metric(
        "lianke_clock_quality",
        "1 for how far the wall clock can be believed, 0 for the others.",
        ("quality",),
    )
    CLOCK_SKEW = Metric(
        "lianke_clock_skew_seconds",
        "How far the wall clock is ahead of the cloud's; absent until the cloud said the time.",
    )
    TILL_FILES_WAITING = Metric("lianke_till_files_waiting", "Files of the till not yet captured.")
    TILL_BLOCKED = Metric("lianke_till_blocked", "1 while nothing is taken from the till.")
    FILES_QUARANTINED = Metric("lianke_till_files_quarantined", "Unreadable till files kept.")
    SOURCE_FILES_WAITING = Metric(
        "lianke_source_files_waiting", "Files of a source not yet captured.", ("source",)
    )
    SOURCE_LAG_BYTES = Metric(
        "lianke_source_lag_bytes", "Bytes of a journal that were not read yet.", ("source",)
    )
    SOURCE_BLOCKED = Metric(
        "lianke_source_blocked",
        "1 while nothing is taken or written down, or the source cannot start.",
        ("source", "kind"),
    )
    SOURCE_LAST = Metric(
        "lianke_source_last_timestamp_seconds",
        "When something was captured last, seconds since 1970; absent until then.",
        ("source",),
    )
    SALES_JUDGED = Metric(
        "lianke_source_judged_sales",
        "The last sales whose arithmetic was looked at, 200 at most.",
        ("source", "profile"),
    )
    SALES_UNBALANCED = Metric(
        "lianke_source_unbalanced_sales",
        "How many of these do not add up under their profile's rules.",
        ("source", "profile"),
    )
    NUMBERS_MISSING = Metric(
        "lianke_till_numbers_missing",
        "Sequence numbers of a workstation that were not captured and are not under way.",
        ("workstation",),
    )
    NUMBERS_REPEATED = Metric(
        "lianke_till_numbers_repeated",
        "Sequence numbers that two transactions of a business day bear.",
        ("workstation",),
    )
    TRANSACTIONS_LATE = Metric(
        "lianke_till_transactions_late",
        "Transactions of the kept days that came after their business day was closed.",
        ("workstation",),
    )
    PRINTER_REACHABLE = Metric(
        "lianke_source_printer_reachable",
        "1 while a tap's printer takes connections; absent until the first.",
        ("source",),
    )
    CARDS_THROUGH = Metric("lianke_cards_through", "How far the shop's card feed is applied.")
    CAMERA_STATE = Metric(
        "lianke_camera_state",
        "1 for the state that a camera is in, 0 for the others.",
        ("camera", "state"),
    )
    CAMERA_RATE = Metric(
        "lianke_camera_pictures_per_second",
        "Pictures looked at per second: wanted (0 is every one), and reached lately.",
        ("camera", "rate"),
    )
    CAMERA_TROUBLE = Metric(
        "lianke_camera_trouble",
        "1 while a camera's pictures are not to be trusted: blocked, moved, dark, frozen, garbled.",
        ("camera", "trouble"),
    )
    MINUTES_HELD = Metric(
        "lianke_footfall_minutes_held", "Minutes that the outbox could not take yet."
    )
    ALARMS = Metric("lianke_alarms", "How many alarms of a kind stand now.", ("alarm", "severity"))
    AGENT = Metric("lianke_agent_info", "Always 1; the version that runs.", ("version",))
    UPTIME = Metric("lianke_agent_uptime_seconds", "For how long the agent has run.")

    def make(self, registry: CollectorRegistry) -> Gauge:
        """The gauge, published in a registry; once per registry."""
        metric = self.value
        return Gauge(metric.name, metric.meaning, metric.labels, registry=registry)

    def family(self) -> GaugeMetricFamily:
        """An empty family of this gauge, for a collector that looks when it is asked."""
        return GaugeMetricFamily(self.value.name, self.value.meaning, labels=self.value.labels)


def agent_registry() -> CollectorRegistry:
    """An empty registry for one agent.

    Counters of this process do not publish when they were made: that would be a second, unlisted
    metric for each of them.
    """
    disable_created_metrics()  # type: ignore[no-untyped-call]  # its module leaves it untyped
    return CollectorRegistry()
