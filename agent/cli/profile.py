"""``lianke-agent profile``: make a till's profile from samples, and show how well one does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agent.clock import DeviceClock, read_boot_id
from agent.config import configs_folder
from models.runtime.clock import SystemClock

profile_app = typer.Typer(help="Make and check till profiles.", no_args_is_help=True)

FilesArgument = Annotated[
    list[Path],
    typer.Argument(
        help="Samples: .txt is one receipt's text, others a printer's bytes; or whole journals."
    ),
]
PrinterOption = Annotated[str, typer.Option(help="Printer profile, for samples that are bytes.")]
EncodingOption = Annotated[str, typer.Option(help="Encoding of samples that are text.")]
TimezoneOption = Annotated[str, typer.Option(help="For times without an offset.")]


@profile_app.command("draft")
def profile_draft(
    files: FilesArgument,
    name: Annotated[str, typer.Option(help="What to call the profile.")],
    currency: Annotated[str, typer.Option(help="The shop's currency, ISO 4217.")],
    printer: PrinterOption = "epson",
    encoding: EncodingOption = "utf-8",
    timezone: TimezoneOption = "Asia/Shanghai",
) -> None:
    """Print a profile for these receipts; exit 1 when not all of them add up by it."""
    from agent.capture import profiles  # noqa: PLC0415
    from agent.capture.pos.escpos import load_printer  # noqa: PLC0415

    request = profiles.ProfileRequest(
        files=files,
        profile=name,
        profiles=configs_folder() / "till_profiles",
        printer=load_printer(configs_folder() / "printers", printer),
        encoding=encoding,
        currency=currency,
        timezone=timezone,
    )
    clock = DeviceClock(SystemClock(), read_boot_id())
    raise typer.Exit(profiles.draft(request, clock.moment, sys.stdout, sys.stderr))


@profile_app.command("check")
def profile_check(
    files: FilesArgument,
    profile: Annotated[str, typer.Option(help="Name of the till profile, or its .toml file.")],
    printer: PrinterOption = "epson",
    encoding: EncodingOption = "utf-8",
    timezone: TimezoneOption = "Asia/Shanghai",
) -> None:
    """Print what becomes of each sample; exit 1 when sums disagree, 2 when any is refused."""
    from agent.capture import profiles  # noqa: PLC0415
    from agent.capture.pos.escpos import load_printer  # noqa: PLC0415

    folder, name = profiles.placed(profile, configs_folder() / "till_profiles")
    request = profiles.ProfileRequest(
        files=files,
        profile=name,
        profiles=folder,
        printer=load_printer(configs_folder() / "printers", printer),
        encoding=encoding,
        timezone=timezone,
    )
    clock = DeviceClock(SystemClock(), read_boot_id())
    raise typer.Exit(profiles.check(request, clock.moment, sys.stdout))
