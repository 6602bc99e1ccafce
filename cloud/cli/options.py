"""Options that several commands share, and who it is that types them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from cloud.access.audit import Actor

TERMINAL: Final = Actor("terminal")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="A TOML file; defaults serve one machine.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
TenantOption = Annotated[str, typer.Option(help="The retailer.")]
