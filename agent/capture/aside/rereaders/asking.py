"""What is asked of who reads again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from agent.config import AgentConfig
from agent.errors import BadConfiguration

LINE: Final = ".line-"
"""Stands in the names of records of journals, before the number of the line."""

DATABASE: Final = "database-"
"""Begins the names of records of databases."""

Named = TypeVar("Named")


@dataclass(frozen=True, slots=True)
class Asked:
    """One record, and the settings of today.

    Attributes:
        configs: the folder with ``till_profiles`` and ``printers``.
        source: which one set it aside; empty in notes of agents before this one.
        file: what the till called the file.
        head: how the record begins.
    """

    config: AgentConfig
    configs: Path
    source: str
    file: str
    head: bytes

    @property
    def profiles(self) -> Path:
        """The folder of till profiles."""
        return self.configs / "till_profiles"

    def only(self, found: Sequence[Named], table: str) -> Named:
        """The one that it can only have been; raises BadConfiguration where there are several."""
        if len(found) != 1:
            many = f"{len(found)} could" if found else "none could"
            raise BadConfiguration(
                f"{self.file}: {table}: {many} have set it aside; look at it with quarantine show"
            )
        return found[0]
