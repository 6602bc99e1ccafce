"""Where something out of quarantine is read again: in the folder of its source."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final

from agent.config import AgentConfig
from agent.errors import BadConfiguration

_POSLOG: Final = ".xml"
_SHEET: Final = ".print"
_PRINTS: Final = (".prn", ".bin", ".escpos")
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
    if name.endswith(_POSLOG):
        if config.till.folder is None:
            raise BadConfiguration("[till] folder is absent: this box has no till to read for")
        return config.till.folder
    if name.endswith(_SHEET):
        if not config.tap:
            raise BadConfiguration(f"{file}: no [[tap]] is configured that could read it")
        return config.prints_folder / "waiting"
    if name.endswith(_PRINTS):
        return _folder_of_prints(config, file, head)
    raise BadConfiguration(
        f"{file}: a journal's record has no folder to be put back into; mend the profile and give "
        "the [[journal]] another name: its file is read anew, and nothing counts twice"
    )


def _folder_of_prints(config: AgentConfig, file: str, head: bytes) -> Path:
    from agent.capture.pos.escpos.reading import printer_named  # noqa: PLC0415

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
