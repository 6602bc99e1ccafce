"""The sources by web as settings say, and what they write into logs and files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.capture.pos.keeping import Keeping
from agent.capture.pos.web.building import Surroundings, build_door, build_puller
from agent.capture.pos.web.odoo import OdooSettings
from agent.config.web import WebSettings
from agent.errors import BadConfiguration
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.master import load_or_create
from tests.simulators.capturing import PROFILES, SHANGHAI, LedgerSink, context
from tests.simulators.shop_platforms import (
    SHOPIFY_SECRET,
    SQUARE_KEY,
    SQUARE_URL,
    shopify_headers,
    shopify_order,
    square_headers,
    square_notice,
    square_payment,
)
from tests.simulators.web_door import TOKEN, KeptAside, TillDoor, sale_body


def _secret(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    sealer = BlobSealer(load_or_create(tmp_path / "master.key"), "till file")
    keeping = Keeping(tmp_path / "data", sealer, SHANGHAI)
    sink, clock = LedgerSink(), SystemClock()
    return Surroundings(PROFILES, tmp_path / "data", context(), sink, keeping, clock)


@pytest.fixture
def settings(tmp_path: Path) -> WebSettings:
    return WebSettings(
        _secret(tmp_path, "token", TOKEN),
        port=0,
        shopify_secret_file=_secret(tmp_path, "shopify", SHOPIFY_SECRET),
        square_key_file=_secret(tmp_path, "square", SQUARE_KEY),
        square_url=SQUARE_URL,
    )


def test_one_door_takes_posts_and_webhooks_and_says_nothing_of_them_in_logs(
    tmp_path: Path, around: Surroundings, settings: WebSettings
) -> None:
    sink = around.sink
    assert isinstance(sink, LedgerSink)
    order = json.dumps(shopify_order()).encode()
    payment = square_notice("payment.updated", "payment", square_payment())
    with capture_logs() as logged:
        door = build_door(settings, around)
        door.start()
        try:
            till = TillDoor(door, sink, KeptAside(), int(door.url.rpartition(":")[2]))
            hooks = "/v1/webhooks/"
            statuses = [
                till.post(sale_body(), key="13800138000").status,
                till.post(sale_body(2, ended_at="13800138000")).status,
                till.post(sale_body(3), token="13800138000-not-a-token").status,
                till.post(b'{"13800138000": 1').status,
                till.post(order, path=hooks + "shopify", headers=shopify_headers(order)).status,
                till.post(payment, path=hooks + "square", headers=square_headers(payment)).status,
            ]
        finally:
            door.stop()
            door.stop()
    assert statuses == [201, 422, 401, 422, 201, 201]
    assert len(sink.stored) == 3
    assert not door.status.listening
    said = json.dumps(logged, default=str)
    for secret in ("13800138000", TOKEN, SHOPIFY_SECRET, SQUARE_KEY, "cashier-17"):
        assert secret not in said
    (note,) = (tmp_path / "data" / "quarantine").glob("*.json")
    assert "13800138000" not in note.read_text()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("token_file", Path("/nowhere")),
        ("profile", "web-odoo"),
        ("profile", "none"),
        ("poslog_profile", "web-sale"),
        ("shopify_profile", "web-square"),
        ("square_profile", "journal-csv"),
    ],
)
def test_what_is_missing_or_of_another_kind_is_said_at_start(
    around: Surroundings, settings: WebSettings, key: str, value: object
) -> None:
    values = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    with pytest.raises(BadConfiguration):
        build_door(WebSettings(**(values | {key: value})), around)


def test_a_puller_is_built_from_its_settings(tmp_path: Path, around: Surroundings) -> None:
    key = _secret(tmp_path, "odoo", "odoo-key")
    puller = build_puller(
        OdooSettings("https://shop.example.com", "shop", "till", key), around, lambda: 0.5
    )
    puller.stop()
    assert puller.status.passes == 0


@pytest.mark.parametrize(
    "change",
    [
        {"host": "till.example.com"},
        {"port": 70_000},
        {"name": "../answers"},
        {"max_body_bytes": 10},
        {"head_s": 0},
        {"square_url": ""},
    ],
)
def test_settings_that_cannot_be_are_refused(
    settings: WebSettings, change: dict[str, object]
) -> None:
    values = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    with pytest.raises(ValueError, match=r"must be|is no address"):
        WebSettings(**(values | change))
