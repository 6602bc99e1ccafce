"""The program: its verbs, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cloud import __version__
from cloud.cli import operating, serving
from cloud.cli.alarms import alarms_app
from cloud.cli.deadletters import letters_app
from cloud.cli.exits import exit_code
from cloud.cli.tokens import token_app
from cloud.errors import CloudError
from models.runtime import logs
from models.vault.errors import VaultError
from models.wire.errors import BadIdentifier

app = typer.Typer(
    name="lianke-cloud",
    help="The cloud service: one ledger of what happened in the shops, and what follows from it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(serving.serve)
app.command()(serving.ingest)
app.command()(serving.project)
app.command()(serving.replay)
app.command()(serving.upgrade)
app.command()(operating.enrol)
app.command("operator-key")(operating.operator_key)
app.command()(operating.status)
app.command()(operating.resume)
app.command()(operating.restored)
app.command("broker-files")(operating.broker_files)
app.command("password-reset")(operating.password_reset)
app.command("audit-verify")(operating.audit_verify)
app.add_typer(alarms_app, name="alarms")
app.add_typer(letters_app, name="deadletters")
app.add_typer(token_app, name="token")


def main() -> None:
    """The console script: errors become one line on stderr and an exit code."""
    logs.configure("WARNING")  # to stderr: stdout is for what was asked for
    try:
        app(standalone_mode=True)
    except (CloudError, VaultError, BadIdentifier) as error:
        print(f"lianke-cloud: {error}", file=sys.stderr)
        sys.exit(exit_code(error))


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """The cloud service: one ledger of what happened in the shops, and what follows from it."""
    if show:
        print(__version__)
        raise typer.Exit
