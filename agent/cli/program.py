"""The program: its verbs, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from agent import __version__
from agent.cli.audit import audit_app
from agent.cli.cameras import cameras_app
from agent.cli.count import count
from agent.cli.exits import FAULT_FOUND, exit_code
from agent.cli.models import models_app
from agent.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from agent.cli.outbox import outbox_app
from agent.cli.profile import profile_app
from agent.cli.quarantine import quarantine_app
from agent.clock import DeviceClock, read_boot_id
from agent.config import configs_folder, read_config
from agent.errors import AgentError
from models.runtime import logs
from models.runtime.clock import SystemClock
from models.runtime.garbage import spare_what_is_loaded
from models.vault.errors import VaultError

app = typer.Typer(
    name="lianke-agent",
    help="The in-store agent: captures transactions and owes them to the cloud until settled.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(outbox_app, name="outbox")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(profile_app, name="profile")
app.add_typer(models_app, name="models")
app.add_typer(audit_app, name="audit")
app.add_typer(cameras_app, name="cameras")
app.command()(count)


def main() -> None:
    """The console script: errors become one line on stderr and an exit code."""
    logs.configure("WARNING")  # to stderr: stdout is for what was asked for
    try:
        app(standalone_mode=True)
    except (AgentError, VaultError) as error:
        print(f"lianke-agent: {error}", file=sys.stderr)
        sys.exit(exit_code(error))


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """The in-store agent: captures transactions and owes them to the cloud until settled."""
    if show:
        print(__version__)
        raise typer.Exit


@app.command()
def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the agent until it is told to end (SIGTERM, SIGINT)."""
    from agent.app import Agent  # noqa: PLC0415 - the parts are heavy, and other verbs need none

    settings = read_config(config)
    logs.configure(settings.log_level)
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    with Agent(settings):
        spare_what_is_loaded()
        end.wait()


@app.command()
def parse(
    files: Annotated[list[Path], typer.Argument(help="POSLog files, .xml or .xml.gz.")],
    profile: Annotated[
        str | None, typer.Option(help="Till profile; found by the file's namespaces when absent.")
    ] = None,
    store: Annotated[str, typer.Option(help="Store name for the natural keys.")] = "shop",
    timezone: Annotated[
        str, typer.Option(help="For times without an offset, unless the profile names one.")
    ] = "Asia/Shanghai",
    phone_region: Annotated[str, typer.Option(help="For numbers without country code.")] = "CN",
    json: JsonOption = False,
) -> None:
    """Print what would be captured, without capturing it; exit 2 if a file is unreadable."""
    from agent.capture.parse import ParseRequest  # noqa: PLC0415
    from agent.capture.parse import run as run_parse  # noqa: PLC0415

    request = ParseRequest(
        files=files,
        profiles=configs_folder() / "till_profiles",
        profile=profile,
        store=store,
        timezone=timezone,
        phone_region=phone_region,
        as_json=json,
    )
    clock = DeviceClock(SystemClock(), read_boot_id())
    raise typer.Exit(run_parse(request, clock.moment, sys.stdout, sys.stderr))


@app.command()
def status(
    config: ConfigOption = DEFAULT_CONFIG,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Exit 1 when the agent does not run or an urgent alarm stands."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """What is owed to the cloud, since when, and what is wrong; beside a running agent or without.

    It takes no lock and writes nothing. The first lines are the alarms that stand, with what to do;
    then it says whether the agent runs: without one it tells what the files hold. --json prints one
    object, whose times are UTC, durations seconds and sizes bytes.
    """
    from agent.health.alarms import Severity  # noqa: PLC0415
    from agent.health.status import read_status, render  # noqa: PLC0415

    found = read_status(read_config(config))
    print(msgspec.json.encode(found).decode() if json else render(found))
    urgent = any(alarm.severity is Severity.URGENT for alarm in found.alarms)
    if check and (urgent or not found.agent.running):
        raise typer.Exit(FAULT_FOUND)


@app.command()
def doctor(
    config: ConfigOption = DEFAULT_CONFIG,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Read every event of the outbox, however many.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Check disk, keys, outbox, alarms, till, clock, login, line; exit 1 when one is at fault.

    It takes seconds at most: of a large outbox it reads what matters first, and says how much that
    is. It changes nothing, and is safe beside a running agent.
    """
    from agent.health.check import Verdict  # noqa: PLC0415
    from agent.health.checks import QUICK, THOROUGH  # noqa: PLC0415

    settings = read_config(config)
    findings = [check(settings) for check in (THOROUGH if thorough else QUICK)]
    if json:
        print(msgspec.json.encode(findings).decode())
    for finding in [] if json else findings:
        print(f"{finding.verdict.upper():8} {finding.check:12} {finding.message}")
        if finding.next_step:
            print(f"{'':21} → {finding.next_step}")
    if any(finding.verdict is Verdict.FAULT for finding in findings):
        raise typer.Exit(FAULT_FOUND)
