"""``lianke-cloud``: serve, and the work of an operator.

Exit codes: 0 all is well; 2 the command line is wrong, or what was asked for does not exist; 3 the
configuration is wrong; 4 the service needs a person; 75 try again later.
"""

from __future__ import annotations

import json as json_module
import os
import signal
import sys
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from cloud import __version__
from cloud.access import Scope
from cloud.access.audit import Actor
from cloud.app import Roles, Service
from cloud.broker import CloudLogin, Login, acl_file, hash_secret, password_file
from cloud.config import CloudConfig, as_worker, read_config
from cloud.devices import DeviceKind
from cloud.errors import BadConfiguration, CloudError, InvalidInput, TransientError
from cloud.footfall import totals
from cloud.foundations import Foundations
from cloud.ingest.alarms import RefusalAlarms
from cloud.ingest.roster import on_duty
from cloud.ledger.generation import renew_generation
from cloud.organisation import Store, ensure_store, find_store
from cloud.organisation.repository import tenants
from cloud.storage import read, write
from models.runtime import logs
from models.vault.errors import VaultError
from models.wire.errors import BadIdentifier
from models.wire.ids import device_id, store_id, tenant_id

EXIT_NOT_POSSIBLE = 2
EXIT_CONFIGURATION = 3
EXIT_SERVICE = 4
EXIT_TRY_LATER = 75

TERMINAL = Actor("terminal")

app = typer.Typer(
    name="lianke-cloud",
    help="The cloud service: one ledger of what happened in the shops, and what follows from it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
letters_app = typer.Typer(help="What can never be accepted as it is.", no_args_is_help=True)
token_app = typer.Typer(help="Programs that may use the API.", no_args_is_help=True)
app.add_typer(letters_app, name="deadletters")
app.add_typer(token_app, name="token")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="A TOML file; defaults serve one machine.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
TenantOption = Annotated[str, typer.Option(help="The retailer.")]


def main() -> None:
    """The console script: errors become one line on stderr and an exit code."""
    logs.configure("WARNING")  # to stderr: stdout is for what was asked for
    try:
        app(standalone_mode=True)
    except (CloudError, VaultError, BadIdentifier) as error:
        print(f"lianke-cloud: {error}", file=sys.stderr)
        sys.exit(exit_code(error))


def exit_code(error: Exception) -> int:
    """The exit code for an error, by what it asks a person to do."""
    if isinstance(error, BadConfiguration):
        return EXIT_CONFIGURATION
    if isinstance(error, (InvalidInput, BadIdentifier)):
        return EXIT_NOT_POSSIBLE
    return EXIT_TRY_LATER if isinstance(error, TransientError) else EXIT_SERVICE


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """The cloud service: one ledger of what happened in the shops, and what follows from it."""
    if show:
        print(__version__)
        raise typer.Exit


@app.command()
def serve(config: ConfigOption = None) -> None:
    """Everything on one machine: broker, ingest, ledger, views, API and console."""
    settings = read_config(config)
    parts = settings.serve
    roles = Roles(ingest=parts.ingest, project=parts.project, http=parts.http)
    _run(Service(settings, roles, may_upgrade=True), settings)


@app.command()
def ingest(
    config: ConfigOption = None,
    worker: Annotated[
        str, typer.Option(help="Its name, and its login _cloud-<name>; else broker.user's.")
    ] = "",
) -> None:
    """One ingest worker over a broker and a database that others share."""
    settings = read_config(config)
    if worker:
        settings = as_worker(settings, worker)
    _run(Service(settings, Roles(ingest=True), may_upgrade=False), settings)


@app.command()
def project(
    config: ConfigOption = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Forget the views first and make them anew.")
    ] = False,
) -> None:
    """One projector: heartbeats, sales, footfall, members and cards out of the ledger."""
    settings = read_config(config)
    if rebuild:
        with Foundations.lay(settings, may_upgrade=False) as base:
            base.views.rebuild()
    _run(Service(settings, Roles(project=True), may_upgrade=False), settings)


@app.command()
def replay(
    config: ConfigOption = None,
    after: Annotated[
        int | None,
        typer.Option(help="Keep the views, and feed them again from behind this position."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make all views anew from the ledger, to its head, and exit. Nothing is sent to shops."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        if after is None:
            base.views.rebuild()
        else:
            base.views.rewind(after)
        folded = 0
        while count := base.views.step():
            folded += count
            if not json:
                print(f"\r{folded} entries", end="", file=sys.stderr)
        position = base.views.position
    print(json_module.dumps({"entries": folded, "position": position}) if json else f"\n{position}")


@app.command()
def upgrade(config: ConfigOption = None) -> None:
    """Bring the database to this version's schema. Back it up first."""
    with Foundations.lay(read_config(config), may_upgrade=True):
        print("the database is at this version's schema")


@app.command()
def enrol(
    device: Annotated[str, typer.Option(help="The device's name, unique on its broker.")],
    store: Annotated[str, typer.Option(help="Its shop.")],
    tenant: TenantOption,
    kind: Annotated[DeviceKind, typer.Option(help="What the box is.")] = DeviceKind.POS,
    store_name: Annotated[str, typer.Option(help="As people call the shop.")] = "",
    timezone: Annotated[str, typer.Option(help="The shop's IANA time zone.")] = "Asia/Shanghai",
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "CNY",
    phone_region: Annotated[str, typer.Option(help="ISO 3166.")] = "CN",
    config: ConfigOption = None,
) -> None:
    """Let a device log in; prints its secret, this once. A shop not yet known is made known."""
    with Foundations.lay(read_config(config), may_upgrade=True) as base:
        with write(base.engine) as connection:
            known = find_store(connection, tenant_id(tenant), store_id(store))
            shop = known or Store(
                tenant=tenant_id(tenant),
                store=store_id(store),
                name=store_name or store,
                timezone=timezone,
                currency=currency,
                phone_region=phone_region,
            )
            if store_name:
                shop = replace_fields(shop, name=store_name)
            ensure_store(connection, shop, base.clock.now())
        enrolled = base.registry.enrol(shop.tenant, shop.store, device_id(device), kind, TERMINAL)
    print(enrolled.secret)


@app.command()
def status(config: ConfigOption = None, json: JsonOption = False) -> None:
    """What the ledger holds, and how far the views have come. Works beside a running service."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        counts = base.journal.counts()
        with read(base.engine) as connection:
            known = tenants(connection)
            came_in, went_out = totals(connection)
        found = {
            "ledger": {
                "generation": base.journal.generation,
                "head": base.journal.head(),
                "sales": counts.sales,
                "controls": counts.controls,
                "duplicates": counts.duplicates,
                "conflicts": counts.conflicts,
                "dead_letters": counts.dead_letters,
            },
            "lag": base.journal.head() - base.views.position,
            "members": sum(base.directory.counts(tenant).members for tenant in known),
            "cards": {store: head for (_, store), head in base.cards.heads().items()},
            "footfall": {"in": came_in, "out": went_out},
            "workers": on_duty(base.engine),
            "refusal_alarms": RefusalAlarms(base.engine, base.clock).standing(),
        }
    print(msgspec.json.encode(found).decode() if json else _readable(found))


@app.command()
def resume(config: ConfigOption = None) -> None:
    """End all refusal alarms: what can never be accepted is refused again. Mend the cause first."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        ended = RefusalAlarms(base.engine, base.clock).resume(base.audit, TERMINAL)
    for one in ended:
        print(f"{one.device}: {one.refused} of {one.events} events were refused")
    if not ended:
        print("no refusal alarm stands")


@app.command()
def restored(config: ConfigOption = None) -> None:
    """After a backup was put back, before ingest starts: shops send again what it lacks."""
    with Foundations.lay(read_config(config), may_upgrade=True) as base:
        generation = renew_generation(base.engine)
    print(f"the ledger's generation is now {generation}")


@app.command("broker-files")
def broker_files(
    folder: Annotated[Path, typer.Argument(help="Where to write acl and passwords.")],
    worker: Annotated[
        list[str] | None,
        typer.Option(help="A cloud login, its password from LIANKE_BROKER_PASSWORD."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Write Mosquitto's access list and password file from the registry; then reload it."""
    secret = os.environ.get("LIANKE_BROKER_PASSWORD", "")
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        logins: list[Login] = [
            *(CloudLogin(name, hash_secret(secret, os.urandom)) for name in worker or []),
            *base.registry.logins(),
        ]
    for name, text in (("acl", acl_file(logins)), ("passwords", password_file(logins))):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    print(f"wrote {folder}/acl and {folder}/passwords for {len(logins)} logins")


@letters_app.command("list")
def letters_list(
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 100,
    json: JsonOption = False,
) -> None:
    """The newest refusals first, without what was refused."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        letters = base.dead_letters.recent(limit)
    if json:
        print(msgspec.json.encode(letters).decode())
    for letter in [] if json else letters:
        at = f"{letter.received_at:%Y-%m-%d %H:%M:%S}"
        where = f"{letter.device.device} {letter.stream}"
        print(f"{letter.id:6} {at} {where} {letter.reason}: {letter.detail}")


@letters_app.command("show")
def letters_show(
    number: Annotated[int, typer.Argument(help="From deadletters list.")],
    config: ConfigOption = None,
) -> None:
    """One refusal with its content, which may be personal."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        opened = base.dead_letters.open(number)
    print(f"{opened.letter.reason}: {opened.letter.detail}", file=sys.stderr)
    print("\n".join(opened.events))


@letters_app.command("replay")
def letters_replay(
    numbers: Annotated[list[int], typer.Argument(help="From deadletters list.")],
    config: ConfigOption = None,
) -> None:
    """Read refusals again, after an upgrade for example. Exit 2 when one is still refused."""
    still = 0
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        for number in numbers:
            done = base.dead_letters.replay(number)
            refused = bool(done.rejected or done.refused or done.unreadable)
            still += refused
            print(f"{number}: {'still refused' if refused else 'accepted'}")
    if still:
        raise typer.Exit(EXIT_NOT_POSSIBLE)


@token_app.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="Whose token it is.")],
    tenant: TenantOption,
    scope: Annotated[list[Scope], typer.Option(help="What it may do; repeat for more.")],
    config: ConfigOption = None,
) -> None:
    """Make an API token and print it, this once."""
    with Foundations.lay(read_config(config), may_upgrade=True) as base:
        issued = base.tokens.create(tenant_id(tenant), name, scope, TERMINAL)
    print(issued.text)


@token_app.command("revoke")
def token_revoke(
    token: Annotated[str, typer.Argument(help="The part between lk_ and the second underscore.")],
    config: ConfigOption = None,
) -> None:
    """End a token's validity."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        base.tokens.revoke(token, TERMINAL)
    print(f"token {token} is revoked")


@app.command("password-reset")
def password_reset(config: ConfigOption = None) -> None:
    """Forget the console's password and end its sessions; prints the code for a new one."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        print(base.password.forget())


@app.command("audit-verify")
def audit_verify(config: ConfigOption = None) -> None:
    """Recompute the audit's chain. Exit 4 when an entry was changed, removed or put in."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        verdict = base.audit.verify(base.engine)
    if verdict.broken_at is not None:
        print(f"broken at entry {verdict.broken_at}: it is not what was written", file=sys.stderr)
        raise typer.Exit(EXIT_SERVICE)
    print(f"{verdict.entries} entries, head {verdict.head}")


def _run(service: Service, settings: CloudConfig) -> None:
    logs.configure(settings.log_level)
    with service:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: service.workers.ended.set())
        _greet(service)
        service.workers.ended.wait()
    if service.workers.fault is not None:
        raise service.workers.fault


def _greet(service: Service) -> None:
    if service.http is not None:
        print(f"console and API: {service.http.url}", file=sys.stderr)
    if service.set_up_code is not None:
        print(f"first visit: set a password with the code {service.set_up_code}", file=sys.stderr)


def _readable(found: dict[str, Any]) -> str:
    lines = [f"{name:14} {value}" for name, value in found["ledger"].items()]
    lines += [f"{name:14} {found[name]}" for name in ("lag", "members", "cards", "footfall")]
    lines += [
        f"worker {one.worker}: parts {one.holds or 'none'}, heard {one.heard_at:%Y-%m-%d %H:%M:%S}"
        for one in found["workers"]
    ]
    lines += [
        f"ALARM {one.device}: {one.refused} of {one.events} events were refused, so no more are "
        f"since {one.raised_at:%Y-%m-%d %H:%M:%S}; see 'deadletters list', then 'resume'"
        for one in found["refusal_alarms"]
    ]
    return "\n".join(lines)
