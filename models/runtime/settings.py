"""Settings as data: TOML into frozen dataclasses, read once at start, unknown keys refused.

A dataclass is the whole description: its fields are the keys, its defaults the defaults, its nested
dataclasses the tables. A mistake is one sentence with the key, the file and what was probably
meant.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

Settings = TypeVar("Settings")


class SettingsError(ValueError):
    """A setting cannot be used; the message names the key, the file and the next step."""


def load(path: Path, kind: type[Settings]) -> Settings:
    """Read a TOML file into a dataclass.

    Raises:
        SettingsError: the file is missing or not TOML, a key is unknown, missing, or of the wrong
            kind.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: no such file; copy one from device_configs/") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as TOML: {error}") from error
    return parse(document, kind, str(path))


def parse(document: Mapping[str, Any], kind: type[Settings], source: str) -> Settings:
    """Build a dataclass from parsed TOML; ``source`` names the file in errors.

    Raises:
        SettingsError: as ``load``.
    """
    return typing.cast("Settings", _table(document, kind, source, ""))


def _table(document: Mapping[str, Any], kind: Any, source: str, where: str) -> Any:
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for key in document:
        if key not in fields:
            raise SettingsError(_unknown(where + key, key, list(fields), source))
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in document:
            values[name] = _value(document[name], hints[name], source, where + name)
        elif dataclasses.is_dataclass(hints[name]) and not _has_default(field):
            values[name] = _table({}, hints[name], source, f"{where}{name}.")
        elif not _has_default(field):
            raise SettingsError(f"{source}: key '{where}{name}' is missing; add it")
    try:
        return kind(**values)
    except ValueError as error:
        raise SettingsError(f"{source}: [{where.rstrip('.')}] {error}") from error


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return (
        field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    )


def _unknown(path: str, key: str, known: list[str], source: str) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(sorted(known))}"
    return f"{source}: unknown key '{path}'; {hint}"


def _value(value: Any, kind: Any, source: str, where: str) -> Any:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        inner = [option for option in typing.get_args(kind) if option is not type(None)]
        return _value(value, inner[0], source, where)
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise SettingsError(f"{source}: '{where}' must be a table, not {value!r}")
        return _table(value, kind, source, f"{where}.")
    if origin in (tuple, list):
        return _sequence(value, typing.get_args(kind)[0], source, where)
    if origin is dict:
        return _mapping(value, typing.get_args(kind)[1], source, where)
    return _scalar(value, kind, source, where)


def _sequence(value: Any, item: Any, source: str, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise SettingsError(f"{source}: '{where}' must be a list, not {value!r}")
    return tuple(_value(each, item, source, f"{where}[{n}]") for n, each in enumerate(value))


def _mapping(value: Any, item: Any, source: str, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{source}: '{where}' must be a table, not {value!r}")
    return {key: _value(each, item, source, f"{where}.{key}") for key, each in value.items()}


def _scalar(value: Any, kind: Any, source: str, where: str) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    if isinstance(kind, type) and issubclass(kind, StrEnum) and isinstance(value, str):
        if value in list(kind):
            return kind(value)
        raise SettingsError(_unknown(f"{where} = {value}", value, [str(k) for k in kind], source))
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type) and type(value) is kind:
        return value
    name = getattr(kind, "__name__", str(kind))
    raise SettingsError(f"{source}: '{where}' must be of kind {name}, not {value!r}")
