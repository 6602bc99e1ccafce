"""An operator's work: let devices in, look at the whole, end what only a person can end."""

from __future__ import annotations

import os
import sys
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from cloud.broker import CloudLogin, Login, hash_secret
from cloud.broker.mosquitto_files import write_files
from cloud.cli.exits import EXIT_SERVICE
from cloud.cli.options import TERMINAL, ConfigOption, JsonOption, TenantOption
from cloud.config import read_config
from cloud.devices import DeviceKind
from cloud.footfall import totals
from cloud.foundations import Foundations
from cloud.ingest.refusals import RefusalAlarms
from cloud.ingest.roster import on_duty
from cloud.ledger.generation import renew_generation
from cloud.organisation import Store, ensure_store, find_store
from cloud.organisation.repository import tenants
from cloud.storage import read, write
from models.wire.ids import device_id, store_id, tenant_id


def enrol(
    device: Annotated[str, typer.Option(help="The device's name, unique on its broker.")],
    store: Annotated[str, typer.Option(help="Its shop.")],
    tenant: TenantOption,
    kind: Annotated[DeviceKind, typer.Option(help="What the box is.")] = DeviceKind.POS,
    store_name: Annotated[str, typer.Option(help="As people call the shop.")] = "",
    timezone: Annotated[str, typer.Option(help="The shop's IANA time zone.")] = "Asia/Shanghai",
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "CNY",
    phone_region: Annotated[str, typer.Option(help="ISO 3166.")] = "CN",
    day_begins_hour: Annotated[
        int | None,
        typer.Option(help="When the shop's day changes if no sale says otherwise: 0 to 11."),
    ] = None,
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
            if day_begins_hour is not None:
                shop = replace_fields(shop, day_begins_hour=day_begins_hour)
            ensure_store(connection, shop, base.clock.now())
        enrolled = base.registry.enrol(shop.tenant, shop.store, device_id(device), kind, TERMINAL)
    print(enrolled.secret)


def operator_key(tenant: TenantOption, config: ConfigOption = None) -> None:
    """Print the key of a tenant's cashiers' pseudonyms, for operator_key_file. A secret.

    Boxes get it by themselves; the file is for those that are to have another cloud's key.
    """
    of = tenant_id(tenant)
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        print(base.operator_keys.of(of).hex())


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
            "alarms": base.alarms.unseen(),
            "refusal_alarms": RefusalAlarms(base.engine, base.clock).standing(),
        }
    print(msgspec.json.encode(found).decode() if json else _readable(found))


def resume(config: ConfigOption = None) -> None:
    """End all refusal alarms: what can never be accepted is refused again. Mend the cause first."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        ended = RefusalAlarms(base.engine, base.clock).resume(base.audit, TERMINAL)
    for one in ended:
        print(f"{one.device}: {one.refused} of {one.events} events were refused")
    if not ended:
        print("no refusal alarm stands")


def restored(config: ConfigOption = None) -> None:
    """After a backup was put back, before ingest starts: shops send again what it lacks."""
    with Foundations.lay(read_config(config), may_upgrade=True) as base:
        generation = renew_generation(base.engine)
    print(f"the ledger's generation is now {generation}")


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
    write_files(folder, logins)
    print(f"wrote {folder}/acl and {folder}/passwords for {len(logins)} logins")


def password_reset(config: ConfigOption = None) -> None:
    """Forget the console's password and end its sessions; prints the code for a new one."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        print(base.password.forget())


def audit_verify(config: ConfigOption = None) -> None:
    """Recompute the audit's chain. Exit 4 when an entry was changed, removed or put in."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        verdict = base.audit.verify(base.engine)
    if verdict.broken_at is not None:
        print(f"broken at entry {verdict.broken_at}: it is not what was written", file=sys.stderr)
        raise typer.Exit(EXIT_SERVICE)
    print(f"{verdict.entries} entries, head {verdict.head}")


def _readable(found: dict[str, Any]) -> str:
    lines = [f"{name:14} {value}" for name, value in found["ledger"].items()]
    lines += [
        f"{name:14} {found[name]}" for name in ("lag", "members", "cards", "footfall", "alarms")
    ]
    return "\n".join([*lines, *map(str, [*found["workers"], *found["refusal_alarms"]])])
