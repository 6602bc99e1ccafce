"""One folder of till profiles for every adapter: each file says by ``adapter`` who reads it.

Files without the key are POSLog's, which were there first. Here only that key and the file's name
are looked at; the rest is the adapter's business.
"""

from __future__ import annotations

import difflib
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from agent.errors import BadConfiguration
from models.runtime.settings import SettingsError, load

Profile = TypeVar("Profile")


class Adapter(StrEnum):
    """Who reads what a till leaves behind."""

    POSLOG = "poslog"
    JOURNAL = "journal"
    RECEIPTS = "receipts"
    DATABASE = "database"
    WEB = "web"


def adapter_of(path: Path) -> Adapter:
    """The adapter that a profile is for.

    Raises:
        BadConfiguration: the file cannot be read as TOML, or names no adapter of ours.
    """
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8")).get("adapter", Adapter.POSLOG)
        return Adapter(stated)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfiguration(f"{path}: cannot be read as TOML: {error}") from error
    except ValueError as error:
        known = ", ".join(Adapter)
        raise BadConfiguration(f"{path}: adapter must be one of {known}") from error


def profiles_for(folder: Path, adapter: Adapter) -> list[Path]:
    """The files of one adapter, by name; raises BadConfiguration as ``adapter_of``."""
    return [path for path in sorted(folder.glob("*.toml")) if adapter_of(path) is adapter]


def load_named(
    folder: Path, name: str, kind: type[Profile], adapter: Adapter = Adapter.POSLOG
) -> Profile:
    """One profile by name, into its adapter's dataclass.

    Raises:
        BadConfiguration: there is none of that name, it is another adapter's, it cannot be read, or
            calls itself otherwise.
    """
    path = folder / f"{name}.toml"
    if path.parent != folder or not path.is_file():
        raise BadConfiguration(_unknown(folder, name, adapter))
    if (stated := adapter_of(path)) is not adapter:
        raise BadConfiguration(
            f"{path} is a profile for {stated}; this source is read by {adapter}"
        )
    try:
        profile = load(path, kind)
    except SettingsError as error:
        raise BadConfiguration(str(error)) from error
    called = getattr(profile, "name", name)
    if called != name:
        raise BadConfiguration(f"{path}: name = {called!r}; it must be the file's, {name!r}")
    return profile


def _unknown(folder: Path, name: str, adapter: Adapter) -> str:
    known = [path.stem for path in profiles_for(folder, adapter)]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known) or 'none'}"
    return f"till profile {name!r} is not in {folder}; {hint}"
