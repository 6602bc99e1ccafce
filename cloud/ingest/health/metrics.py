"""Every metric of an ingest worker: name, kind, labels, meaning. A closed list.

What ``/metrics`` shows is made from here and nowhere else; ``docs/reference/cloud-metrics.md`` is
this list, and a test compares both with a running worker. Labels take few values, none of them
personal; figures of single devices are in the console and in ``lianke-cloud status``.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily


@dataclass(frozen=True, slots=True)
class Metric:
    """What one metric says.

    Attributes:
        name: without the ``_total`` that every counter ends in.
        meaning: a sentence for operators.
        labels: by what it is divided.
    """

    name: str
    meaning: str
    labels: tuple[str, ...] = ()


class Counted(Enum):
    """What only grows while the worker runs."""

    MESSAGES = Metric("lianke_ingest_messages", "Messages that the broker delivered.")
    EVENTS = Metric(
        "lianke_ingest_events",
        "Events by what became of them: accepted, duplicate, conflict, rejected; withheld or "
        "fenced: left with their shops, and counted each time they come.",
        ("outcome",),
    )
    UNUSABLE = Metric(
        "lianke_ingest_unusable",
        "Messages that could not be taken: batch to be halved, unreadable payload, document of no "
        "use, foreign topic, unknown device.",
        ("why",),
    )
    DOCUMENTS = Metric("lianke_ingest_documents", "Births, states and twins.")
    UNANSWERED = Metric("lianke_ingest_unanswered", "Answers that found no connection.")
    RETRIES = Metric("lianke_ingest_retries", "Waits for the database.")
    MISHAPS = Metric(
        "lianke_ingest_mishaps", "Exceptions that nobody raises on purpose; each is worth a report."
    )

    def family(self) -> CounterMetricFamily:
        """An empty family of this counter."""
        return CounterMetricFamily(self.value.name, self.value.meaning, labels=self.value.labels)


class Measured(Enum):
    """What goes up and down."""

    WORKER = Metric(
        "lianke_ingest_worker_info",
        "Always 1; the worker, its version, and the parts that it holds, such as 0-31.",
        ("worker", "version", "parts"),
    )
    PARTS = Metric("lianke_ingest_parts_held", "Parts of the stores that this worker holds now.")
    LEASE = Metric(
        "lianke_ingest_lease_seconds", "For how long they stay its own without a renewal."
    )
    CONNECTED = Metric("lianke_ingest_connected", "1 while the broker delivers to this worker.")
    LAST_COMMIT = Metric(
        "lianke_ingest_last_commit_timestamp_seconds",
        "When it last added something to the ledger, seconds since 1970; absent until then.",
    )
    LOOPS = Metric(
        "lianke_ingest_loop_busy_seconds",
        "For how long each loop has been in one piece of work; 0 while it waits for some. Beyond "
        "health.hung_after_s it counts as hung.",
        ("loop",),
    )
    REFUSAL_SHARE = Metric(
        "lianke_ingest_refusal_share",
        "The greatest share of refusals of any device lately, 0 to 1; few refusals count as none.",
    )
    WITHHELD_DEVICES = Metric(
        "lianke_ingest_withheld_devices", "Devices of which nothing more is refused."
    )
    WITHHELD_FROM_ALL = Metric(
        "lianke_ingest_withheld_from_all", "1 while nothing more is refused of anybody."
    )
    DATABASE = Metric(
        "lianke_ingest_database_up",
        "1 when the database answered just now; without it, what follows is absent.",
    )
    LEDGER_HEAD = Metric("lianke_ledger_head", "The ledger's last position.")
    VIEWS_LAG = Metric("lianke_views_lag", "Entries of the ledger that the views have not folded.")
    DEAD_LETTERS = Metric("lianke_dead_letters", "Dead letters that were not accepted since.")
    ALARMS = Metric(
        "lianke_cloud_alarms",
        "Alarms that stand and that nobody has acknowledged.",
        ("alarm", "severity"),
    )

    def family(self) -> GaugeMetricFamily:
        """An empty family of this gauge."""
        return GaugeMetricFamily(self.value.name, self.value.meaning, labels=self.value.labels)


def page() -> str:
    """The list for people: the text of ``docs/reference/cloud-metrics.md``."""
    rows = [
        "<!-- Made by cloud.ingest.health.metrics from the code; do not edit. -->",
        "# Metrics of an ingest worker",
        "",
        inspect.getdoc(inspect.getmodule(Metric)) or "",
        "",
        "They are at `/metrics` of `[health]`; `lianke-cloud status` names every worker's address.",
        "`/healthz` answers 200 while the worker's loops run and none of them hangs (in one piece",
        "of work for longer than `health.hung_after_s`), `/readyz` while it also hears the broker",
        "and its lease holds; 503 otherwise, both with the reason in plain text, such as the loop",
        "and since when.",
        "",
    ]
    for title, kinds, ending in (("Counters", Counted, "_total"), ("Gauges", Measured, "")):
        rows += [f"## {title}", "", inspect.getdoc(kinds) or "", ""]
        rows += ["| name | labels | meaning |", "|---|---|---|"]
        for metric in (each.value for each in kinds):
            labels = ", ".join(f"`{label}`" for label in metric.labels)
            rows.append(f"| `{metric.name}{ending}` | {labels} | {metric.meaning} |")
        rows.append("")
    return "\n".join(rows)
