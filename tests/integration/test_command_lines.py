"""Both command lines: what an operator types, what they read, and the exit codes they script by."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import agent.cli
import cloud.cli
from agent.capture.till_files import till_files
from agent.config import read_config
from agent.tablet.setup.pin import PinFile
from models.vault.master import load_or_create
from tests.simulators.log_settings import logging_left_alone
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.small_shop import a_file

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    with logging_left_alone():
        yield


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    mains = {"agent": agent.cli.main, "cloud": cloud.cli.main}

    def one(side: str, *words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", [f"lianke-{side}", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            mains[side]()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return one


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return a_file(tmp_path)


@pytest.fixture
def office(tmp_path: Path) -> Path:
    path = tmp_path / "cloud.toml"
    path.write_text(
        f'[storage]\ndata_dir = "{tmp_path / "office"}"\nkeys_dir = "{tmp_path / "office-keys"}"\n'
    )
    return path


@pytest.mark.parametrize("side", ["agent", "cloud"])
def test_the_version_and_the_help_need_no_configuration(run: Run, side: str) -> None:
    assert run(side, "--version") == (0, "0.1.0\n", "")
    code, out, _ = run(side, "--help")
    assert (code, "Commands:" in out) == (0, True)


@pytest.mark.parametrize("side", ["agent", "cloud"])
def test_an_unknown_key_is_one_line_with_key_file_and_suggestion(
    run: Run, side: str, shop: Path, office: Path
) -> None:
    path = {"agent": shop, "cloud": office}[side]
    wrong = {"agent": "[syncc]\n", "cloud": "[brokr]\n"}[side]
    path.write_text(wrong + path.read_text())
    code, out, err = run(side, "status", "--config", path)
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert f"{path}: unknown key" in err
    assert "did you mean" in err


def test_a_missing_configuration_says_where_to_find_one(run: Run, tmp_path: Path) -> None:
    code, _, err = run("agent", "run", "--config", tmp_path / "none.toml")
    assert (code, "device_configs" in err) == (3, True)


def test_an_agent_without_its_secret_is_told_to_enrol(run: Run, shop: Path) -> None:
    code, _, err = run("agent", "run", "--config", shop)
    assert (code, "enrol this device" in err) == (3, True)


def test_status_before_the_first_start_says_so(run: Run, shop: Path) -> None:
    code, _, err = run("agent", "status", "--config", shop)
    assert (code, "has the agent run" in err) == (4, True)


def test_the_doctor_finds_what_is_missing_and_exits_1(run: Run, shop: Path) -> None:
    code, out, _ = run("agent", "doctor", "--config", shop, "--json")
    findings = {each["check"]: each for each in json.loads(out)}
    assert code == 1
    assert findings["data_folder"]["verdict"] == "fault"
    assert "mkdir" in findings["data_folder"]["next_step"]
    code, out, _ = run("agent", "doctor", "--thorough", "--config", shop)
    assert (code, "FAULT" in out) == (1, True)


def test_parse_prints_one_event_a_line_and_exits_2_for_what_it_cannot_read(
    run: Run, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(poslog(transaction(number="1"), transaction(number="2")))
    bad.write_bytes(b"<POSLog><Transaction>")
    code, out, err = run("agent", "parse", good, "--json")
    assert (code, err) == (0, "")
    assert [json.loads(line)["data"]["sequence_number"] for line in out.splitlines()] == ["1", "2"]
    code, out, err = run("agent", "parse", bad, good, "--json")
    assert (code, len(out.splitlines())) == (2, 2)
    assert "bad.xml: unreadable" in err
    assert not list(tmp_path.glob("data"))


def test_the_outbox_can_be_looked_into_beside_nothing_running(run: Run, shop: Path) -> None:
    for verb in ("ls", "verify", "deadletters"):
        code, _, err = run("agent", "outbox", verb, "--config", shop)
        assert (code, "has the agent run" in err) == (4, True)


def enrol(
    run: Run, office: Path, device: str = "sh-0001-pos1", **more: str
) -> tuple[int, str, str]:
    words = [word for name, value in more.items() for word in (f"--{name}", value)]
    return run(
        "cloud", "enrol", "--config", office, "--tenant", "demo", "--store", "sh-0001",
        "--device", device, *words,
    )  # fmt: skip


def test_enrolment_prints_the_secret_alone_and_refuses_a_second_owner(
    run: Run, office: Path
) -> None:
    code, out, err = enrol(run, office, **{"store-name": "静安寺店"})
    assert (code, len(out.strip()), err) == (0, 43, "")
    code, out, err = enrol(run, office)
    assert (code, out) == (2, "")
    assert "sh-0001-pos1" in err
    assert enrol(run, office, "sh-0001-pos2")[0] == 0, "and the shop keeps its name"


def test_a_tenant_has_one_key_for_its_cashiers_and_no_other_tenant_has_it(
    run: Run, office: Path
) -> None:
    enrol(run, office)
    keys = [
        run("cloud", "operator-key", "--config", office, "--tenant", tenant)
        for tenant in ("demo", "demo", "other")
    ]
    assert [code for code, _, _ in keys] == [0, 0, 0]
    first, again, other = (bytes.fromhex(out) for _, out, _ in keys)
    assert (len(first), first == again, first == other) == (32, True, False)


def test_an_empty_cloud_has_a_status_and_nothing_in_it(run: Run, office: Path) -> None:
    enrol(run, office)
    code, out, _ = run("cloud", "status", "--config", office, "--json")
    status = json.loads(out)
    assert (code, status["ledger"]["sales"], status["members"], status["lag"]) == (0, 0, 0, 0)
    assert status["footfall"] == {"in": 0, "out": 0}
    code, out, _ = run("cloud", "status", "--config", office)
    assert "generation" in out


def test_a_database_of_another_version_is_not_touched_by_a_worker(run: Run, office: Path) -> None:
    code, _, err = run("cloud", "status", "--config", office)
    assert (code, "lianke-cloud upgrade" in err) == (4, True)
    assert run("cloud", "upgrade", "--config", office)[0] == 0
    assert run("cloud", "status", "--config", office)[0] == 0


def test_tokens_are_made_once_and_revoked(run: Run, office: Path) -> None:
    code, out, _ = run(
        "cloud", "token", "create", "erp", "--tenant", "demo", "--scope", "read", "--config", office
    )
    token = out.strip()
    assert (code, token.startswith("lk_")) == (0, True)
    name = token.split("_")[1]
    assert run("cloud", "token", "revoke", name, "--config", office)[0] == 0
    assert run("cloud", "token", "revoke", "nobody", "--config", office)[0] == 2


def test_views_are_made_anew_and_the_audit_is_checked(run: Run, office: Path) -> None:
    enrol(run, office)
    code, out, _ = run("cloud", "replay", "--config", office, "--json")
    assert (code, json.loads(out)) == (0, {"entries": 0, "position": 0})
    code, out, _ = run("cloud", "audit-verify", "--config", office)
    assert (code, out.startswith("1 entries")) == (0, True)
    code, out, _ = run("cloud", "password-reset", "--config", office)
    assert (code, len(out.strip()) > 8) == (0, True)


def test_dead_letters_that_do_not_exist_are_said_not_to(run: Run, office: Path) -> None:
    enrol(run, office)
    assert run("cloud", "deadletters", "list", "--config", office, "--json")[1] == "[]\n"
    for verb in ("show", "replay"):
        code, _, err = run("cloud", "deadletters", verb, "7", "--config", office)
        assert (code, "no dead letter 7" in err) == (2, True)


def test_mosquittos_files_are_written_from_the_registry(
    run: Run, office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(run, office)
    monkeypatch.setenv("LIANKE_BROKER_PASSWORD", "x" * 43)
    files = tmp_path / "mosquitto"
    files.mkdir()
    worker = ("--worker", "_cloud-ingest")
    assert run("cloud", "broker-files", files, *worker, "--config", office)[0] == 0
    assert "sh-0001-pos1" in (files / "acl").read_text()
    assert (files / "passwords").stat().st_mode & 0o077 == 0


def test_a_worker_without_a_password_or_with_a_wrong_address_says_what_to_set(
    run: Run, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIANKE_BROKER_PASSWORD", raising=False)
    run("cloud", "upgrade", "--config", office)
    text = office.read_text()
    office.write_text(text + '[broker]\nembedded = false\nurl = "mqtt://127.0.0.1:1"\n')
    code, _, err = run("cloud", "ingest", "--config", office)
    assert (code, "LIANKE_BROKER_PASSWORD" in err) == (3, True)
    office.write_text(text + '[broker]\nembedded = false\nurl = "http://x"\n')
    code, _, err = run("cloud", "project", "--config", office)
    assert (code, "mqtt://host" in err) == (3, True)
    office.write_text(text + "[broker]\nembedded = false\n")
    assert run("cloud", "ingest", "--config", office)[0] == 3


def test_every_shipped_configuration_is_valid_once_the_capitals_are_filled_in(
    run: Run, tmp_path: Path
) -> None:
    shipped = Path(__file__).parents[2] / "device_configs"
    for path in sorted(shipped.glob("*.toml")):
        side = "cloud" if path.name.startswith("cloud") else "agent"
        filled = tmp_path / path.name
        text = path.read_text()
        for capital in ("RETAILER", "STORE", "CLOUD", "BROKER"):
            text = text.replace(capital, "shop")
        filled.write_text(text.replace("/var/lib", str(tmp_path)))
        code, _, err = run(side, "status", "--config", filled)
        assert code == 4, f"{path.name}: {err}"  # nothing there yet, but the file is read


@pytest.fixture
def kept(shop: Path, tmp_path: Path) -> Path:
    """A shop with a till, and one file of it in quarantine."""
    (tmp_path / "till").mkdir()
    shop.write_text(shop.read_text() + f'[till]\nfolder = "{tmp_path / "till"}"\n')
    config = read_config(shop)
    keeping = till_files(config, load_or_create(config.master_key_file))
    keeping.quarantine("7.xml", b"<Inventory/>", AT, "its root element is not POSLog")
    return shop


def test_what_could_not_be_read_is_listed_shown_tried_again_and_dropped(
    run: Run, kept: Path, tmp_path: Path
) -> None:
    of_shop = ("--config", kept)
    code, out, _ = run("agent", "quarantine", "ls", *of_shop, "--json")
    (entry,) = json.loads(out)
    assert (code, entry["file"], entry["size"]) == (0, "7.xml", 12)
    assert "not POSLog" in run("agent", "quarantine", "ls", *of_shop)[1]
    assert "<Inventory/>" in run("agent", "quarantine", "show", entry["name"][:6], *of_shop)[1]
    beside = run("agent", "quarantine", "show", entry["name"], "--diff", *of_shop)[1]
    assert "^ its root element is not POSLog" in beside
    told = json.loads(run("agent", "quarantine", "show", entry["name"], "--json", *of_shop)[1])
    assert (told["name"], told["pieces"][0]["raw"]) == (entry["name"], "<Inventory/>")
    code, out, _ = run("agent", "quarantine", "retry", entry["name"], *of_shop)
    assert (code, "1 to be read again" in out) == (0, True)
    assert len(list((tmp_path / "data" / "quarantine").glob("*.again"))) == 1
    assert list((tmp_path / "till").iterdir()) == [], "nothing leaves its seal for it"
    assert run("agent", "quarantine", "drop", *of_shop)[0] == 2, "everything is only meant by --all"
    assert "1 dropped" in run("agent", "quarantine", "drop", "--all", *of_shop)[1]


def test_a_quarantined_name_that_nothing_has_is_said_and_nothing_is_done(
    run: Run, kept: Path
) -> None:
    code, _, err = run("agent", "quarantine", "drop", "zzz", "--config", kept)
    assert (code, "nothing of that name" in err) == (3, True)
    assert len(json.loads(run("agent", "quarantine", "ls", "--config", kept, "--json")[1])) == 1


def test_a_profile_is_drafted_from_receipts_and_checked_against_them(
    run: Run, tmp_path: Path
) -> None:
    samples = []
    for number in range(3):
        sample = tmp_path / f"{number}.txt"
        goods = f"MILK 1L          2.50\nBREAD            {number + 1}.00\n"
        total = f"TOTAL            {number + 3}.50\nCASH             {number + 3}.50\n"
        head = f"Receipt No. 100{number}\nDate 2026-11-2{number} 10:15:00\n"
        sample.write_text(f"CORNER SHOP\n{head}{goods}{total}", encoding="utf-8")
        samples.append(sample)
    name = ("--name", "corner", "--currency", "EUR")
    code, drafted, _ = run("agent", "profile", "draft", *name, *samples)
    assert code == 0
    (tmp_path / "corner.toml").write_text(drafted, encoding="utf-8")
    code, out, _ = run("agent", "profile", "check", "--profile", tmp_path / "corner.toml", *samples)
    assert code == 0, out


def test_a_pin_for_the_cameras_is_printed_once_and_kept_as_a_hash(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, pin, said = run("agent", "cameras", "pin", "--config", shop)
    file = PinFile(read_config(shop).pin_file)
    assert (code, len(pin.strip())) == (0, 8)
    assert file.fits(pin.strip())
    assert "/setup is set" in said
    monkeypatch.setattr("sys.stdin", io.StringIO("my own pin\n"))
    assert run("agent", "cameras", "pin", "--own", "--config", shop)[:2] == (0, "")
    assert file.fits("my own pin")
    monkeypatch.setattr("sys.stdin", io.StringIO("1234\n"))
    assert run("agent", "cameras", "pin", "--own", "--config", shop)[0] == 2
    assert run("agent", "cameras", "pin", "--remove", "--config", shop)[0] == 0
    assert not file.is_set
