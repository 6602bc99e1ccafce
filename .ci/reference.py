"""Reference pages made from the code, so that they cannot rot.

    python .ci/reference.py            writes docs/reference/*.md
    python .ci/reference.py --check    exits 1 when a page is stale

A setting without a line in its class's docstring, or a metric without help, fails here.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import typer  # noqa: E402 - the path comes first

import agent.cli  # noqa: E402
import agent.config  # noqa: E402
import agent.health.status.facts  # noqa: E402
import agent.health.status.tills  # noqa: E402
import agent.metrics  # noqa: E402
import cloud.cli  # noqa: E402
import cloud.config  # noqa: E402
from agent.health.alarms import read_vocabulary  # noqa: E402
from cloud.api.reference import page as api_page  # noqa: E402
from cloud.ingest.alarms.reference import page as cloud_alarms_page  # noqa: E402
from cloud.ingest.health.metrics import page as cloud_metrics_page  # noqa: E402
from models.wire.ack import Reason  # noqa: E402
from models.wire.registry import EVENT_TYPES  # noqa: E402

FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Made by .ci/reference.py from the code; do not edit. -->\n"


def pages() -> dict[str, str]:
    """Every page: its file name and its text."""
    return {
        "agent-settings.md": settings_page(
            "Settings of the agent", agent.config, agent.config.AgentConfig
        ),
        "cloud-settings.md": settings_page(
            "Settings of the cloud", cloud.config, cloud.config.CloudConfig
        ),
        "agent-cli.md": cli_page("lianke-agent", agent.cli),
        "agent-metrics.md": metrics_page(),
        "agent-alarms.md": alarms_page(),
        "agent-status.md": status_page(),
        "cloud-alarms.md": cloud_alarms_page(),
        "cloud-metrics.md": cloud_metrics_page(),
        "cloud-cli.md": cli_page("lianke-cloud", cloud.cli),
        "api.md": api_page(),
        "events.md": events_page(),
    }


def settings_page(title: str, about: ModuleType, kind: Any) -> str:
    """One table of keys per part; ``about`` is described at the top."""
    sections = [f"{NOTE}# {title}\n", inspect.getdoc(about) or ""]
    plain = []
    for name, hint, default in _fields(kind):
        if dataclasses.is_dataclass(hint):
            sections.append(_section(f"[{name}]", hint))
        elif (item := _table_of_list(hint)) is not None:
            sections.extend(_sections_of_list(name, item))
        else:
            plain.append(f"| `{name}` | {_kind(hint)} | {_default(default)} | |")
    if plain:
        sections.append("\n## Top level\n\n| key | kind | default | |\n|---|---|---|---|")
        sections.extend(plain)
    return "\n".join(sections) + "\n"


def _sections_of_list(name: str, kind: Any) -> Iterator[str]:
    """A table that may be repeated, and those within it."""
    yield _section(f"[[{name}]]", kind)
    for key, hint, _ in _fields(kind):
        if (item := _table_of_list(hint)) is not None:
            yield from _sections_of_list(f"{name}.{key}", item)
        elif (table := _table(hint)) is not None:
            yield from _sections_of_table(f"{name}.{key}", table)


def _sections_of_table(name: str, kind: Any) -> Iterator[str]:
    """A table, and those within it."""
    yield _section(f"[{name}]", kind)
    for key, hint, _ in _fields(kind):
        if (table := _table(hint)) is not None:
            yield from _sections_of_table(f"{name}.{key}", table)


def _table(hint: Any) -> Any:
    """The class of a table that may be left out or not; None for anything else."""
    return next(filter(dataclasses.is_dataclass, (hint, *typing.get_args(hint))), None)


def _table_of_list(hint: Any) -> Any:
    """The class of the tables in a list of tables; None for anything else."""
    items = typing.get_args(hint) if typing.get_origin(hint) is tuple else ()
    return items[0] if items and dataclasses.is_dataclass(items[0]) else None


def _section(title: str, kind: Any) -> str:
    documented = _attributes(kind)
    summary = (inspect.getdoc(kind) or "").splitlines()[0]
    rows = [
        f"\n## `{title}`\n\n{summary}\n",
        "| key | kind | default | meaning |",
        "|---|---|---|---|",
    ]
    for key, hint, default in _fields(kind):
        if key not in documented:
            sys.exit(f"{kind.__name__}.{key} has no line in the class's docstring")
        if _table(hint) is not None:
            continue
        rows.append(f"| `{key}` | {_kind(hint)} | {_default(default)} | {documented[key]} |")
    return "\n".join(rows)


def _fields(kind: Any) -> Iterator[tuple[str, Any, Any]]:
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        yield field.name, hints[field.name], field.default


def _attributes(kind: Any) -> dict[str, str]:
    text = (inspect.getdoc(kind) or "").partition("Attributes:")[2]
    found = re.findall(r"^ {4}([\w, ]+): (.+(?:\n {8}.+)*)", text, re.MULTILINE)
    return {
        name.strip(): re.sub(r"\s+", " ", meaning)
        for names, meaning in found
        for name in names.split(",")
    }


def _kind(hint: Any) -> str:
    return re.sub(r"\w+\.", "", getattr(hint, "__name__", None) or str(hint)).replace("|", "or")


def _default(default: Any) -> str:
    if default is dataclasses.MISSING:
        return "(needed)"
    return f"`{str(default)!r}`" if isinstance(default, (str, Path)) else f"`{default}`"


def metrics_page() -> str:
    """The closed list of the agent's metrics."""
    rows = [f"{NOTE}# Metrics of the agent\n", inspect.getdoc(agent.metrics) or "", ""]
    rows.append(
        "They are at `/metrics` on the port of `[tablet]`, for programs on the box itself.\n"
    )
    for title, kinds, ending in (
        ("Counters", agent.metrics.Counted, "_total"),
        ("Gauges", agent.metrics.Measured, ""),
    ):
        rows += [f"## {title}\n", inspect.getdoc(kinds) or "", ""]
        rows += ["| name | labels | meaning |", "|---|---|---|"]
        for metric in (each.value for each in kinds):
            labels = ", ".join(f"`{label}`" for label in metric.labels)
            rows.append(f"| `{metric.name}{ending}` | {labels} | {metric.meaning} |")
        rows.append("")
    return "\n".join(rows)


def alarms_page() -> str:
    """The closed vocabulary of the agent's alarms."""
    rows = [
        f"{NOTE}# Alarms of the agent\n",
        "They stand on the status page (`/status` on the port of `[tablet]`), in",
        "`lianke-agent status` and `doctor`, and as the gauge `lianke_alarms`, from the moment",
        "they are seen until they are over, also over a restart. A repaired outbox stays until",
        "`lianke-agent outbox alarms --acknowledge`.\n",
        "| alarm | severity | what is wrong | what to do |",
        "|---|---|---|---|",
    ]
    for kind, entry in read_vocabulary().items():
        rows.append(f"| `{kind}` | {entry.severity} | {entry.en.what} | {entry.en.next} |")
    return "\n".join(rows) + "\n"


def status_page() -> str:
    """Every key of ``lianke-agent status --json``, object by object, the whole first."""
    facts = agent.health.status.facts
    modules = (facts, agent.health.status.tills)
    told = [
        kind
        for module in modules
        for kind in vars(module).values()
        if inspect.isclass(kind) and kind.__module__ == module.__name__
    ]
    rows = [f"{NOTE}# Status of the agent, as JSON\n", inspect.getdoc(facts) or ""]
    rows.append("\nPrinted by `lianke-agent status --json`, and answered at `/status.json`.")
    rows.extend(_keys(kind) for kind in sorted(told, key=lambda kind: kind is not facts.Status))
    return "\n".join(rows) + "\n"


def _keys(kind: Any) -> str:
    documented = _attributes(kind)
    rows = [
        f"\n## {kind.__name__}\n\n{(inspect.getdoc(kind) or '').splitlines()[0]}\n",
        "| key | kind | meaning |",
        "|---|---|---|",
    ]
    for key, hint in typing.get_type_hints(kind).items():
        if key.startswith("__"):
            continue
        if key not in documented:
            sys.exit(f"{kind.__name__}.{key} has no line in the class's docstring")
        whole = str(hint) if typing.get_args(hint) else hint.__name__
        plain = re.sub(r"\w+\.", "", whole).replace("|", "or")
        rows.append(f"| `{key}` | {plain} | {documented[key]} |")
    return "\n".join(rows)


def cli_page(program: str, module: ModuleType) -> str:
    """The help of every command, and the exit codes from the module's docstring."""
    parts = [f"{NOTE}# `{program}`\n", inspect.getdoc(module) or "", ""]
    command: Any = typer.main.get_command(module.app)
    for context in _commands(command.context_class(command, info_name=program, terminal_width=78)):
        text = "\n".join(line.rstrip() for line in context.get_help().strip().splitlines())
        parts.append(f"## `{context.command_path}`\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _commands(context: Any) -> Iterator[Any]:
    yield context
    for name, command in getattr(context.command, "commands", {}).items():
        yield from _commands(type(context)(command, parent=context, info_name=name))


def events_page() -> str:
    """Types, versions and reasons of the contract."""
    rows = [
        f"{NOTE}# Events\n",
        "Every event is a CloudEvents 1.0 JSON object. The schema of its `data` is a file in",
        "[`models/wire/schemas`](../../models/wire/schemas).\n",
        "| type | version | schema | what happened |",
        "|---|---|---|---|",
    ]
    for known in EVENT_TYPES:
        summary = (inspect.getdoc(known.data) or "").splitlines()[0]
        link = f"[{known.file_name}](../../models/wire/schemas/{known.file_name})"
        rows.append(f"| `{known.name}` | {known.version} | {link} | {summary} |")
    rows.append("\n## Reasons of a refusal\n")
    rows.extend(f"- `{reason.value}`" for reason in Reason)
    return "\n".join(rows) + "\n"


def main() -> None:
    """Write the pages, or say which are stale."""
    wanted = pages()
    if "--check" in sys.argv:
        stale = [
            name
            for name, text in wanted.items()
            if not (FOLDER / name).is_file() or (FOLDER / name).read_text("utf-8") != text
        ]
        sys.exit(
            f"stale pages in docs/reference: {', '.join(stale)}; run make schemas" if stale else 0
        )
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
