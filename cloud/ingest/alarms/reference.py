"""The alarms' reference page, made from the vocabulary: the text of ``cloud-alarms.md``."""

from __future__ import annotations

from cloud.ingest.alarms.vocabulary import Ending, read_vocabulary

_ENDS = {Ending.RULE: "with its cause", Ending.PERSON: "when somebody acknowledges it"}


def page() -> str:
    """The whole page, Markdown."""
    rows = [
        "<!-- Made by cloud.ingest.alarms.reference from the code; do not edit. -->",
        "# Alarms of the cloud",
        "",
        "They stand in the console, in `lianke-cloud alarms`, at `GET /v1/alarms` and as the gauge",
        "`lianke_cloud_alarms` until they are over, also over a restart. What lasts ends with its",
        "cause, and can be acknowledged meanwhile: everybody then sees that somebody knows. What",
        "has happened stays until somebody acknowledges it. Who and when is in the audit.",
        "",
        "| alarm | severity | what is wrong | facts | what to do | ends |",
        "|---|---|---|---|---|---|",
    ]
    rows += [
        f"| `{kind}` | {entry.severity} | {entry.en.what} | {entry.en.detail} | {entry.en.next} | "
        f"{_ENDS[entry.ends]} |"
        for kind, entry in read_vocabulary().items()
    ]
    return "\n".join(rows) + "\n"
