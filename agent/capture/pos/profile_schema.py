"""JSON Schema of the till profiles, made from the classes that read them.

    python -m agent.capture.pos.profile_schema [--check]

An editor that knows the schema completes keys and shows their meaning; the agent itself does not
use it. Each key's line is taken from the ``Attributes`` of its class, so it cannot be forgotten.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
import types
import typing
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Final

from agent.capture.pos.database import DatabaseProfile
from agent.capture.pos.family import Adapter
from agent.capture.pos.journal.profile import JournalProfile
from agent.capture.pos.receipts.profile import ReceiptProfile
from agent.capture.pos.web.profile import WebProfile

FOLDER: Final = Path(__file__).parents[3] / "device_configs" / "till_profiles"
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE: Final = re.compile(r"^ {4}([a-z_, ]+): (.*(?:\n {8}.*)*)", re.MULTILINE)
_SCALARS: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schemas() -> dict[str, str]:
    """The schema of each adapter's profiles, by file name."""
    return {
        f"{adapter}.schema.json": _document(adapter, kind)
        for adapter, kind in (
            (Adapter.JOURNAL, JournalProfile),
            (Adapter.RECEIPTS, ReceiptProfile),
            (Adapter.DATABASE, DatabaseProfile),
            (Adapter.WEB, WebProfile),
        )
    }


def main(arguments: list[str]) -> int:
    """Write the schemas, or with ``--check`` name those that are out of date; the exit code."""
    stale = [name for name, text in schemas().items() if _written(name) != text]
    if "--check" in arguments:
        sys.stderr.writelines(f"{FOLDER / name} is out of date\n" for name in stale)
        return 1 if stale else 0
    for name in stale:
        (FOLDER / name).write_text(schemas()[name], encoding="utf-8")
    return 0


def _written(name: str) -> str:
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _document(adapter: Adapter, kind: type[Any]) -> str:
    head = {"$schema": _DRAFT, "title": f"Till profile for {adapter}"}
    return json.dumps(head | _table(kind), ensure_ascii=False, indent=2) + "\n"


def _table(kind: type[Any]) -> dict[str, Any]:
    hints, lines = typing.get_type_hints(kind), _lines_of(kind)
    properties, required = {}, []
    for each in dataclasses.fields(kind):
        properties[each.name] = _described(_of(hints[each.name]), lines.get(each.name, ""), each)
        if each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
            required.append(each.name)
    return {
        "type": "object",
        "description": inspect.cleandoc(kind.__doc__ or "").partition("\n")[0],
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _described(schema: dict[str, Any], line: str, each: dataclasses.Field[Any]) -> dict[str, Any]:
    described = schema | ({"description": line} if line else {})
    if isinstance(each.default, str | int | float):
        described["default"] = each.default
    elif isinstance(each.default, tuple) and all(type(one) is str for one in each.default):
        described["default"] = list(each.default)
    return described


def _of(hint: Any) -> dict[str, Any]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _of(next(each for each in inner if each is not type(None)))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _table(hint)
    if origin is tuple:
        return {"type": "array", "items": _of(inner[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(inner[1])}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"enum": [member.value for member in _members(hint)]}
    return {"type": _SCALARS[hint]}


def _members(kind: type[StrEnum]) -> list[Enum]:
    return list(kind)


def _lines_of(kind: type[Any]) -> dict[str, str]:
    """The line of each key, also of keys that a base class has."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        text = inspect.cleandoc(each.__doc__ or "")
        for names, line in _ATTRIBUTE.findall(text.partition("Attributes:")[2]):
            plain = " ".join(line.split())
            found.update(dict.fromkeys((name.strip() for name in names.split(",")), plain))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
