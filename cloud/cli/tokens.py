"""API tokens: make one, end one."""

from __future__ import annotations

from typing import Annotated

import typer

from cloud.access import Scope
from cloud.cli.options import TERMINAL, ConfigOption, TenantOption
from cloud.config import read_config
from cloud.foundations import Foundations
from models.wire.ids import store_id, tenant_id

token_app = typer.Typer(help="Programs that may use the API.", no_args_is_help=True)


@token_app.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="Whose token it is.")],
    tenant: TenantOption,
    scope: Annotated[list[Scope], typer.Option(help="What it may do; repeat for more.")],
    store: Annotated[
        list[str] | None, typer.Option(help="Bind it to this store's devices and alarms.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Make an API token and print it, this once."""
    stores = [store_id(each) for each in store or []]
    with Foundations.lay(read_config(config), may_upgrade=True) as base:
        issued = base.tokens.create(tenant_id(tenant), name, scope, TERMINAL, stores=stores)
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
