"""A profile as TOML, for a person to go on with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from agent.capture.pos.receipts.drafting import Draft


def draft_toml(draft: Draft) -> str:
    """The draft's profile, with what it is unsure of as remarks at the top."""
    head = [
        f"# Drafted from {draft.samples} sample receipts; {draft.right} of them add up by it.",
        "# Unsure:",
        *(f"# - {doubt}" for doubt in draft.unsure),
        "",
    ]
    return "\n".join([*head, *_table(draft.profile, "")]) + "\n"


def _table(table: Any, prefix: str) -> Iterator[str]:
    """What differs from the defaults: values, then tables, then lists of tables."""
    told = [
        (each.name, getattr(table, each.name)) for each in fields(table) if _differs(table, each)
    ]
    for name, value in told:
        if (
            not is_dataclass(value)
            and not _is_list_of_tables(value)
            and not isinstance(value, dict)
        ):
            yield f"{name} = {_text(value)}"
    for name, value in told:
        if is_dataclass(value) or isinstance(value, dict):
            yield from ("", f"[{prefix}{name}]")
            yield from (
                _mapping(value) if isinstance(value, dict) else _table(value, f"{prefix}{name}.")
            )
    for name, value in told:
        if _is_list_of_tables(value):
            for each in value:
                yield from ("", f"[[{prefix}{name}]]", *_inline(each))


def _inline(table: Any) -> Iterator[str]:
    """A short table, whose own tables stand in one line."""
    for each in fields(table):
        value = getattr(table, each.name)
        if _differs(table, each):
            yield f"{each.name} = {_text(value)}"


def _mapping(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{json.dumps(name, ensure_ascii=False)} = {_text(value)}"


def _differs(table: Any, each: Field[Any]) -> bool:
    value = getattr(table, each.name)
    if each.default is not MISSING:
        return bool(value != each.default)
    if each.default_factory is not MISSING:
        return bool(value != each.default_factory())
    return True


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, tuple) and any(is_dataclass(each) for each in value)


def _text(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(key, ensure_ascii=False)} = {_text(value[key])}" for key in value)
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(_text(each) for each in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)
