"""JSON Schema per event version and per message, generated from the classes.

    python -m models.wire.schema            writes models/wire/schemas/*.json
    python -m models.wire.schema --check    exits 1 when a file is missing, stale or left over

They are what firmware in another language is written from.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import msgspec

from models.wire.ack import Ack, Welcome
from models.wire.birth import Birth, State
from models.wire.cards import CardDelta, CardPage
from models.wire.envelope import Envelope
from models.wire.header import BatchHeader
from models.wire.registry import EVENT_TYPES
from models.wire.twin import Desired, Reported

FOLDER = Path(__file__).parent / "schemas"

_MESSAGES: dict[str, Any] = {
    "message.envelope.1.json": Envelope,
    "message.batch-header.1.json": BatchHeader,
    "message.answer.1.json": Ack | Welcome,
    "message.birth.1.json": Birth,
    "message.state.1.json": State,
    "message.card-delta.1.json": CardDelta,
    "message.card-page.1.json": CardPage,
    "message.twin-desired.1.json": Desired,
    "message.twin-reported.1.json": Reported,
}


def schemas() -> dict[str, bytes]:
    """Every schema file: its name and its bytes."""
    kinds: dict[str, Any] = {known.file_name: known.data for known in EVENT_TYPES}
    kinds |= _MESSAGES
    return {name: _render(name, kind) for name, kind in kinds.items()}


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of files that are missing, differ from the classes, or belong to none."""
    wanted = schemas()
    present = {path.name: path.read_bytes() for path in folder.glob("*.json")}
    return sorted(
        name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name)
    )


def write(folder: Path = FOLDER) -> None:
    """Write every schema and remove files that belong to none."""
    wanted = schemas()
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        (folder / name).write_bytes(content)


def _render(name: str, kind: Any) -> bytes:
    schema = _clean(msgspec.json.schema(kind, schema_hook=_hook))
    identity = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:lianke:schema:{name.removesuffix('.json')}",
    }
    encoded = msgspec.json.encode({**identity, **schema}, order="sorted")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _clean(node: Any) -> Any:
    """Docstrings without their indentation, which differs between versions of Python."""
    if isinstance(node, dict):
        return {
            key: inspect.cleandoc(value)
            if key == "description" and isinstance(value, str)
            else _clean(value)
            for key, value in node.items()
        }
    return [_clean(item) for item in node] if isinstance(node, list) else node


def _hook(kind: type) -> dict[str, Any]:
    if kind is msgspec.Raw:
        return {}  # any JSON value
    raise TypeError(f"no schema for {kind}")


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit("stale schemas: " + ", ".join(names) if (names := stale()) else 0)
    write()
