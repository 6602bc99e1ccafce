"""Can we read the journals and the print queues, and is nothing of a tap left unread?

The printers are left alone: a connection that no till has asked for might hold one up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent.config import AgentConfig, WebSettings, configs_folder
from agent.health.check import Finding, Verdict

_NAME: Final = "sources"


def sources_usable(config: AgentConfig) -> Finding:
    """Every profile exists, every folder is there with the rights it needs."""
    troubles = [
        *_profiles(config),
        *_journals(config),
        *_prints(config),
        *_secrets(config),
    ]
    if troubles:
        step = "correct the section of that source, or give the agent's user its rights"
        return Finding(_NAME, Verdict.FAULT, "; ".join(troubles), step)
    if left := _left_behind(config):
        return Finding(
            _NAME,
            Verdict.WARNING,
            f"{left} receipts of a tap that is configured no more wait in {config.prints_folder}",
            "add a [[tap]] of any name again until they are read",
        )
    if not config.has_sources:
        return Finding(_NAME, Verdict.OK, "this box has no source besides the till's folder")
    return Finding(_NAME, Verdict.OK, f"{', '.join(config.source_names)} can be read")


def _profiles(config: AgentConfig) -> Iterator[str]:
    tills = [
        *((each.name, each.profile) for each in config.journal),
        *((each.name, each.profile) for each in config.tap),
        *((each.name, each.profile) for each in config.prints),
        *((each.name, each.profile) for each in config.database),
        *((each.name, profile) for each in config.web for profile in _of_door(each)),
        *((each.name, each.profile) for each in config.odoo),
    ]
    printers = [
        *((each.name, each.printer) for each in config.tap),
        *((each.name, each.printer) for each in config.prints),
    ]
    yield from _missing("till_profiles", tills)
    yield from _missing("printers", printers)


def _of_door(door: WebSettings) -> Iterator[str]:
    """The profiles by which a door reads what comes."""
    yield from (door.profile, door.poslog_profile)
    if door.shopify_secret_file is not None:
        yield door.shopify_profile
    if door.square_key_file is not None:
        yield door.square_profile


def _secrets(config: AgentConfig) -> Iterator[str]:
    """Files with logins, tokens and keys that are not there for this user."""
    named = [
        *((each.name, each.login_file) for each in config.database),
        *((each.name, each.token_file) for each in config.web),
        *((each.name, each.shopify_secret_file) for each in config.web),
        *((each.name, each.square_key_file) for each in config.web),
        *((each.name, each.key_file) for each in config.odoo),
    ]
    for name, file in named:
        if file is not None and not os.access(file, os.R_OK):
            yield f"{name}: {file} cannot be read by this user"


def _missing(folder: str, named: list[tuple[str, str]]) -> Iterator[str]:
    for source, profile in named:
        path = configs_folder() / folder / f"{profile}.toml"
        if not path.is_file():
            yield f"{source}: no file {path}"


def _journals(config: AgentConfig) -> Iterator[str]:
    for each in config.journal:
        yield from _unusable(each.name, each.file.parent, os.R_OK | os.X_OK, "read")
        if each.file.is_file() and not os.access(each.file, os.R_OK):
            yield f"{each.name}: {each.file} cannot be read by this user"


def _prints(config: AgentConfig) -> Iterator[str]:
    for each in config.prints:
        yield from _unusable(each.name, each.folder, os.R_OK | os.W_OK | os.X_OK, "moved")


def _unusable(name: str, folder: Path, rights: int, done: str) -> Iterator[str]:
    if not folder.is_dir():
        yield f"{name}: {folder} does not exist"
    elif not os.access(folder, rights):
        yield f"{name}: files in {folder} cannot be {done} by this user"


def _left_behind(config: AgentConfig) -> int:
    """Receipts that nobody will read, since no tap is configured."""
    if config.tap:
        return 0
    return sum(1 for _ in config.prints_folder.glob("*/*.print"))
