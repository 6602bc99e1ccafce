"""The key of the cashiers' pseudonyms on a box: where it is from, what is never taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.capture.operator_key import OperatorKeeper
from agent.config import AgentConfig, DeviceSettings, TillSettings
from agent.errors import BadConfiguration
from agent.health.check import Verdict
from agent.health.checks.operators import cashiers_named
from agent.health.status.posted import Poster
from agent.health.status.text import render
from agent.health.status.tills import OperatorKeyOrigin, OperatorsStatus
from models.vault.exchange import seal_to
from models.vault.master import MasterKey
from models.wire.ack import Welcome, operator_key_place
from models.wire.ids import DevicePath
from tests.simulators.agent_status import a_status
from tests.simulators.facts import SHOP

KEY = bytes(range(100, 132))
OTHER = bytes(range(132, 164))
MASTER = MasterKey(b"m" * 32)


def a_box(folder: Path, *, tenant: str = SHOP.tenant, key_file: Path | None = None) -> AgentConfig:
    device = DeviceSettings(
        tenant,
        SHOP.store,
        SHOP.device,
        data_dir=folder / "data",
        keys_dir=folder / "keys",
        operator_key_file=key_file,
    )
    return AgentConfig(device, till=TillSettings(folder=folder / "till"))


def keeper(config: AgentConfig) -> OperatorKeeper:
    return OperatorKeeper.of(config, MASTER)


def welcome(sealed: str, birth: str = "b1") -> Welcome:
    return Welcome(ledger="g1", birth=birth, epochs=[], operator_key=sealed)


def sealed_for(one: OperatorKeeper, key: bytes = KEY, birth: str = "b1") -> str:
    return seal_to(one.seal_to, key, operator_key_place(SHOP, birth))


def test_a_box_has_no_key_until_one_comes_and_never_makes_one(tmp_path: Path) -> None:
    one = keeper(a_box(tmp_path))
    assert (one.key(), one.status()) == (None, OperatorsStatus(key=OperatorKeyOrigin.NONE))
    one.take(welcome(sealed_for(one)))
    assert (one.key(), one.status()) == (KEY, OperatorsStatus(key=OperatorKeyOrigin.CLOUD))


def test_what_came_is_kept_through_restarts_sealed_and_for_its_owner_alone(tmp_path: Path) -> None:
    config = a_box(tmp_path)
    first = keeper(config)
    first.take(welcome(sealed_for(first)))
    kept = config.operator_key_kept
    assert kept.stat().st_mode & 0o777 == 0o600
    assert KEY not in kept.read_bytes()
    again = keeper(config)
    assert again.key() == KEY
    assert again.seal_to != first.seal_to, "a key pair lives as long as its process"


def test_the_same_key_again_writes_nothing_and_another_one_replaces_it(tmp_path: Path) -> None:
    config = a_box(tmp_path)
    one = keeper(config)
    one.take(welcome(sealed_for(one)))
    config.operator_key_kept.unlink()
    one.take(welcome(sealed_for(one)))
    assert not config.operator_key_kept.exists()
    one.take(welcome(sealed_for(one, OTHER)))
    assert (one.key(), keeper(config).key()) == (OTHER, OTHER)


def test_a_box_that_changed_hands_does_not_know_the_old_owners_key(tmp_path: Path) -> None:
    one = keeper(a_box(tmp_path))
    one.take(welcome(sealed_for(one)))
    assert keeper(a_box(tmp_path, tenant="other")).key() is None
    assert OperatorKeeper.of(a_box(tmp_path), MasterKey(b"n" * 32)).key() is None


@pytest.mark.parametrize("damage", [b"", b"LKS1", b"LKS1" + bytes(60)])
def test_a_damaged_file_is_no_key_and_no_obstacle(tmp_path: Path, damage: bytes) -> None:
    config = a_box(tmp_path)
    config.operator_key_kept.parent.mkdir()
    config.operator_key_kept.write_bytes(damage)
    one = keeper(config)
    assert one.key() is None
    one.take(welcome(sealed_for(one)))
    assert keeper(config).key() == KEY


def test_stale_foreign_and_damaged_keys_are_refused_and_the_last_good_one_stays(
    tmp_path: Path,
) -> None:
    config = a_box(tmp_path)
    one, stranger = keeper(config), keeper(a_box(tmp_path / "elsewhere"))
    one.take(welcome(sealed_for(one)))
    good = sealed_for(one, OTHER)
    foreign_path = DevicePath(SHOP.tenant, SHOP.store, type(SHOP.device)("sh-0001-pos2"))
    refused = {
        "of an older birth": sealed_for(one, OTHER, "b0"),
        "of another process": sealed_for(stranger, OTHER),
        "of another device": seal_to(one.seal_to, OTHER, operator_key_place(foreign_path, "b1")),
        "changed": good[:60] + ("A" if good[60] != "A" else "B") + good[61:],
        "cut": good[:-8],
        "no message": "密钥",
        "too short": seal_to(one.seal_to, OTHER[:16], operator_key_place(SHOP, "b1")),
    }
    for what, sealed in refused.items():
        with capture_logs() as lines:
            one.take(welcome(sealed))
        assert one.key() == KEY, what
        assert keeper(config).key() == KEY, what
        status = one.status()
        assert status.key is OperatorKeyOrigin.CLOUD
        assert f"operator key of {SHOP.prefix} for birth b1: " in status.refused
        assert [line["event"] for line in lines] == ["operator_key_refused"], what
        told = f"{lines} {status} {one!r}"
        assert not any(key.hex() in told or repr(key)[2:-1] in told for key in (KEY, OTHER))
    one.take(welcome(good))
    assert (one.key(), one.status().refused) == (OTHER, "")


def test_a_cloud_that_sends_no_key_takes_none_away(tmp_path: Path) -> None:
    one = keeper(a_box(tmp_path))
    one.take(welcome(sealed_for(one)))
    one.take(welcome(""))
    assert one.key() == KEY


def test_a_disk_that_does_not_take_it_costs_the_restart_and_not_the_names(tmp_path: Path) -> None:
    config = a_box(tmp_path)
    config.device.keys_dir.mkdir()
    (config.device.keys_dir / ".operators.key.part").mkdir()
    one = keeper(config)
    with capture_logs() as lines:
        one.take(welcome(sealed_for(one)))
    assert one.key() == KEY
    assert [line["event"] for line in lines] == ["operator_key_taken", "operator_key_not_kept"]


def test_a_file_stands_before_the_cloud_and_asks_it_for_nothing(tmp_path: Path) -> None:
    file = tmp_path / "operators.hex"
    file.touch(0o600)
    file.write_text(OTHER.hex())
    unset = keeper(a_box(tmp_path))
    unset.take(welcome(sealed_for(unset)))
    one = keeper(a_box(tmp_path, key_file=file))
    assert (one.key(), one.seal_to, one.status().key) == (OTHER, "", OperatorKeyOrigin.FILE)
    one.take(welcome(sealed_for(unset)))
    assert one.key() == OTHER
    assert keeper(a_box(tmp_path)).key() == KEY, "taken away, the cloud's stands again"
    file.write_text("cashiers")
    with pytest.raises(BadConfiguration, match="hexadecimal"):
        keeper(a_box(tmp_path, key_file=file))


def test_a_box_without_tills_asks_for_no_key(tmp_path: Path) -> None:
    config = AgentConfig(a_box(tmp_path).device)
    assert keeper(config).seal_to == ""
    assert cashiers_named(config).message == "this box captures no sales"


@pytest.mark.parametrize(
    ("told", "verdict", "words"),
    [
        (None, Verdict.OK, "first connection"),
        (OperatorsStatus(key=OperatorKeyOrigin.CLOUD), Verdict.OK, "from the cloud"),
        (OperatorsStatus(key=OperatorKeyOrigin.NONE), Verdict.WARNING, "left out"),
        (
            OperatorsStatus(key=OperatorKeyOrigin.NONE, refused="sealed to another key"),
            Verdict.WARNING,
            "sealed to another key",
        ),
    ],
)
def test_the_doctor_says_which_it_is(
    tmp_path: Path, told: OperatorsStatus | None, verdict: Verdict, words: str
) -> None:
    config = a_box(tmp_path)
    config.device.data_dir.mkdir()
    Poster(config.status_file).post(a_status(operators=told))
    finding = cashiers_named(config)
    assert (finding.verdict, words in finding.message) == (verdict, True)
    assert bool(finding.next_step) == (verdict is not Verdict.OK)


def test_the_doctor_reads_the_file_that_is_set(tmp_path: Path) -> None:
    file = tmp_path / "operators.hex"
    config = a_box(tmp_path, key_file=file)
    assert cashiers_named(config).verdict is Verdict.FAULT
    file.touch(0o600)
    file.write_text(KEY.hex())
    finding = cashiers_named(config)
    assert (finding.verdict, str(file) in finding.message) == (Verdict.OK, True)
    assert KEY.hex() not in finding.message


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (OperatorKeyOrigin.NONE, "NO KEY"),
        (OperatorKeyOrigin.FILE, "operator_key_file"),
        (OperatorKeyOrigin.CLOUD, "from the cloud"),
    ],
)
def test_the_status_says_which_it_is(origin: OperatorKeyOrigin, words: str) -> None:
    text = render(a_status(operators=OperatorsStatus(key=origin, refused="why")))
    (line,) = [each for each in text.splitlines() if each.startswith("cashiers ")]
    assert words in line
    assert line.endswith("refused: why")
    assert "cashiers" not in render(a_status())
