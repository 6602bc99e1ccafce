"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The agent's TOML file.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
DEFAULT_CONFIG: Final = Path("/etc/lianke/agent.toml")
