"""``lianke-agent``: run the agent, and look at it.

Exit codes: 0 all is well; 1 a check found a fault; 2 input was quarantined, or the command line is
wrong; 3 the configuration is wrong; 4 the device needs a person; 75 try again later.
"""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from agent import __version__
from agent.clock import DeviceClock, read_boot_id
from agent.config import AgentConfig, configs_folder, read_config
from agent.errors import AgentError, BadConfiguration, InvalidInput, TransientError
from agent.outbox import Inspection
from models.runtime import logs
from models.runtime.clock import SystemClock
from models.vault.errors import VaultError
from models.wire.topics import Stream

EXIT_FAULT_FOUND = 1
EXIT_QUARANTINED = 2
EXIT_CONFIGURATION = 3
EXIT_DEVICE = 4
EXIT_TRY_LATER = 75

app = typer.Typer(
    name="lianke-agent",
    help="The in-store agent: captures transactions and owes them to the cloud until settled.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
outbox_app = typer.Typer(help="Look into the outbox beside a running agent.", no_args_is_help=True)
app.add_typer(outbox_app, name="outbox")

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The agent's TOML file.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
DEFAULT_CONFIG = Path("/etc/lianke/agent.toml")


def main() -> None:
    """The console script: errors become one line on stderr and an exit code."""
    logs.configure("WARNING")  # to stderr: stdout is for what was asked for
    try:
        app(standalone_mode=True)
    except (AgentError, VaultError) as error:
        print(f"lianke-agent: {error}", file=sys.stderr)
        sys.exit(exit_code(error))


def exit_code(error: AgentError | VaultError) -> int:
    """The exit code for an error, by what it asks a person to do."""
    if isinstance(error, BadConfiguration):
        return EXIT_CONFIGURATION
    if isinstance(error, InvalidInput):
        return EXIT_QUARANTINED
    if isinstance(error, TransientError):
        return EXIT_TRY_LATER
    return EXIT_DEVICE


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
def status(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """What is captured, what is owed to the cloud, and since when. Works beside a running agent."""
    from agent.health.status import read_status, render  # noqa: PLC0415

    found = read_status(read_config(config))
    print(msgspec.json.encode(found).decode() if json else render(found))


@app.command()
def doctor(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """Check disk, keys, outbox, till folder, clock, login and line; exit 1 when one is at fault."""
    from agent.health.check import Verdict  # noqa: PLC0415
    from agent.health.checks import CHECKS  # noqa: PLC0415

    settings = read_config(config)
    findings = [check(settings) for check in CHECKS]
    if json:
        print(msgspec.json.encode(findings).decode())
    for finding in [] if json else findings:
        print(f"{finding.verdict.upper():8} {finding.check:12} {finding.message}")
        if finding.next_step:
            print(f"{'':21} → {finding.next_step}")
    if any(finding.verdict is Verdict.FAULT for finding in findings):
        raise typer.Exit(EXIT_FAULT_FOUND)


@outbox_app.command("ls")
def outbox_ls(
    config: ConfigOption = DEFAULT_CONFIG,
    stream: Annotated[Stream, typer.Option(help="Which stream.")] = Stream.SALE,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    json: JsonOption = False,
) -> None:
    """List the oldest events that the ledger has not settled; never their content."""
    with closing(_inspect(read_config(config))) as inspection:
        pending = inspection.pending(stream, limit)
    if json:
        print(msgspec.json.encode(pending).decode())
        return
    for event in pending:
        stored = f"{event.appended_at:%Y-%m-%d %H:%M:%S}"
        print(f"{event.sequence:10} {stored} {event.type} {event.event_id}")
    print(f"{len(pending)} shown", file=sys.stderr)


@outbox_app.command("deadletters")
def outbox_dead_letters(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """List the events that the cloud refused for ever, and why."""
    with closing(_inspect(read_config(config))) as inspection:
        letters = inspection.dead_letters()
    if json:
        print(msgspec.json.encode(letters).decode())
        return
    for letter in letters:
        refused = f"{letter.rejected_at:%Y-%m-%d %H:%M:%S}"
        print(f"{refused} {letter.stream} {letter.event_id} {letter.reason}")


@outbox_app.command("verify")
def outbox_verify(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """Read the whole outbox and say what is wrong with it; exit 4 when something is."""
    with closing(_inspect(read_config(config))) as inspection:
        problems = inspection.verify()
    if json:
        print(msgspec.json.encode({"problems": problems}).decode())
    else:
        print("\n".join(problems) or "the outbox is sound")
    if problems:
        raise typer.Exit(EXIT_DEVICE)


def _inspect(settings: AgentConfig) -> Inspection:
    return Inspection.open(settings.outbox_file)
