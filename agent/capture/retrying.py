"""Where something out of quarantine is read again: in the folder of its source."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final

from agent.capture.pos.escpos.reading import printer_named
from agent.capture.pos.kinds import POSLOG, PRINTER_FILES
from agent.capture.pos.tap.sheets import SUFFIX
from agent.config import AgentConfig
from agent.errors import BadConfiguration

_SLIP_BYTES: Final = 8192
"""Enough for the first line, which says whose it is."""


def folder_of(config: AgentConfig, file: str, head: bytes) -> Path:
    """The folder to put it into.

    Args:
        config: says which sources there are now.
        file: what the file was called that it came from.
        head: how it begins.

    Raises:
        BadConfiguration: its source is configured no more, or has no folder; says what to do.
    """
    name = file.lower()
    if name.endswith(POSLOG.suffixes):
        if config.till.folder is None:
            raise BadConfiguration("[till] folder is absent: this box has no till to read for")
        return config.till.folder
    if name.endswith(SUFFIX):
        if not config.tap:
            raise BadConfiguration(f"{file}: no [[tap]] is configured that could read it")
        return config.prints_folder / "waiting"
    if name.endswith(PRINTER_FILES.suffixes):
        return _folder_of_prints(config, file, head)
    raise BadConfiguration(
        f"{file}: a journal's record has no folder to be put back into; mend the profile and give "
        "the [[journal]] another name: its file is read anew, and nothing counts twice"
    )


def _folder_of_prints(config: AgentConfig, file: str, head: bytes) -> Path:
    printer = printer_named(BytesIO(head[:_SLIP_BYTES]))
    folders = {each.name: each.folder for each in config.prints}
    if printer in folders:
        return folders[printer]
    if not printer and len(folders) == 1:
        return next(iter(folders.values()))
    raise BadConfiguration(
        f"{file}: {f'no [[prints]] is named {printer!r}' if printer else 'several [[prints]]'}; "
        "put it into the right folder by hand: lianke-agent quarantine show prints it"
    )
