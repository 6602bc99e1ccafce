"""Run the service or one part of it, make the views anew, bring the database up to date."""

from __future__ import annotations

import json as json_module
import signal
import sys
from typing import Annotated

import typer

from cloud.app import Roles, Service
from cloud.cli.options import ConfigOption, JsonOption
from cloud.config import CloudConfig, as_worker, read_config
from cloud.foundations import Foundations
from models.runtime import logs
from models.runtime.garbage import spare_what_is_loaded


def serve(config: ConfigOption = None) -> None:
    """Everything on one machine: broker, ingest, ledger, views, API and console."""
    settings = read_config(config)
    parts = settings.serve
    roles = Roles(ingest=parts.ingest, project=parts.project, http=parts.http)
    _run(Service(settings, roles, may_upgrade=True), settings)


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


def replay(
    config: ConfigOption = None,
    after: Annotated[
        int | None,
        typer.Option(help="Keep the views, and feed them again from behind this position."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Feed this view alone, from behind --after or 0; repeat for more."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make all views anew from the ledger, to its head, and exit. Nothing is sent to shops."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        folded = 0
        if only:
            folded = base.views.refeed(only, after or 0)
        elif after is None:
            base.views.rebuild()
        else:
            base.views.rewind(after)
        while count := base.views.step():
            folded += count
            if not json:
                print(f"\r{folded} entries", end="", file=sys.stderr)
        position = base.views.position
    print(json_module.dumps({"entries": folded, "position": position}) if json else f"\n{position}")


def upgrade(config: ConfigOption = None) -> None:
    """Bring the database to this version's schema. Back it up first."""
    with Foundations.lay(read_config(config), may_upgrade=True):
        print("the database is at this version's schema")


def _run(service: Service, settings: CloudConfig) -> None:
    logs.configure(settings.log_level)
    # Before anything runs: who is told to stop while it starts shall stop in an orderly way, too.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.workers.ended.set())
    with service:
        _greet(service)
        spare_what_is_loaded()
        service.workers.ended.wait()
    if service.workers.fault is not None:
        raise service.workers.fault


def _greet(service: Service) -> None:
    if service.http is not None:
        print(f"console and API: {service.http.url}", file=sys.stderr)
    if service.set_up_code is not None:
        print(f"first visit: set a password with the code {service.set_up_code}", file=sys.stderr)
