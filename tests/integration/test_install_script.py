"""What install.sh promises, kept on throw-away roots with a wheel of a few bytes and no network."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.simulators.shop_box import BASE, SCRIPTS, Box, fresh_box, write_wheel

HOW_TO = SCRIPTS.parent / "docs" / "how-to" / "install-an-agent.md"
UNIT = Path("etc/systemd/system/lianke-agent.service")
# systemd's own scale runs from 0 (locked down) to 10.
EXPOSURE_LIMIT = 2.5
# What the unit orders itself against; a staged root has no system of its own.
TARGETS = ("sysinit", "basic", "shutdown", "network", "time-set", "remote-fs", "multi-user")

_SOURCES = """
[till]
folder = "/srv/till"

[[prints]]
folder = "/srv/prints 100%"

[[prints]]
folder = "/home/pos/prints"

[[prints]]
folder = "/etc/cups"

[[prints]]
folder = "prints"

[[journal]]
file = "/srv/ej/EJ*.txt"

[[journal]]
file = "/home/pos/ej/journal.csv"

[[journal]]
file = "/tmp/ej/journal.csv"
"""


def need(program: str, package: str) -> str:
    """The program's path; without it the test is skipped, or fails where CI promises to have it."""
    path = shutil.which(program)
    if path is None:
        reason = f"{program} is missing: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture
def box() -> Iterator[Box]:
    made = fresh_box()
    yield made
    shutil.rmtree(made.brought)


@dataclass(frozen=True, slots=True)
class Installed:
    """A box with an agent on it, and what the rehearsal and the run before that had said."""

    box: Box
    foretold: list[str]
    taken: list[str]


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """One box installed for all tests that only look at it or leave it as they found it."""
    made = fresh_box()
    options = [f"--config={made.brought}/agent.toml", "--camera", "--user=shop"]
    options += ["--till-folder=/srv/till out", "--till-folder", "/home/pos/100%"]
    foretold = made.install("--dry-run", *options)
    taken = made.install(*options)
    assert taken.returncode == 0, taken.stderr
    yield Installed(made, foretold.stdout.splitlines(), taken.stdout.splitlines())
    shutil.rmtree(made.brought)


def scripts() -> list[str]:
    return [str(path) for path in sorted(SCRIPTS.rglob("*.sh"))]


def test_scripts_pass_shellcheck() -> None:
    shellcheck = need("shellcheck", "shellcheck")
    command = [shellcheck, "--external-sources", *scripts()]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_help_documents_every_exit_code_and_the_page_every_option() -> None:
    shown = subprocess.run(
        [SCRIPTS / "install.sh", "--help"], capture_output=True, text=True, check=True
    ).stdout
    source = "".join(Path(path).read_text() for path in scripts())
    raised = {"0", "1", *re.findall(r"refuse (\d)", source)}
    assert raised == set(re.findall(r"\s(\d)  [a-z]", shown))
    options = set(re.findall(r"^  (--[a-z-]+)", shown, flags=re.MULTILINE))
    assert options == set(re.findall(r"`(--[a-z-]+)[` ]", HOW_TO.read_text()))


def test_no_script_names_a_download_host() -> None:
    for path in SCRIPTS.rglob("*"):
        if path.is_file():
            assert "://" not in path.read_text(), path


def test_dry_run_by_an_ordinary_user_says_every_step_and_takes_none(box: Box) -> None:
    before = box.listing()
    config = str(box.brought / "agent.toml")
    options = [*box.where, "--dry-run", "--config", config, "--till-folder=/srv/till"]
    run = box.install_as_ordinary_user(*options)
    assert run.returncode == 0, run.stderr
    steps = [line for line in run.stdout.splitlines() if line.startswith("would ")]
    assert f"steps that would be taken: {len(steps)}; nothing was changed" in run.stdout
    assert any("build the release 1.0.0-" in step for step in steps)
    assert box.listing() == before == {}


def test_dry_run_foretells_exactly_the_steps_of_the_real_run(installed: Installed) -> None:
    assert installed.foretold[:-1] == [f"would {step}" for step in installed.taken[:-1]]


def assert_refused(box: Box, run: subprocess.CompletedProcess[str], code: int, reason: str) -> None:
    assert run.returncode == code, run.stderr
    assert reason in run.stderr
    assert "\n  next: " in run.stderr
    assert not (box.root / BASE).exists()


def break_wheelhouse(box: Box, fault: str) -> None:
    wheel = next((box.brought / "wheelhouse").glob("*.whl"))
    match fault:
        case "empty":
            wheel.unlink()
        case "crowded":
            write_wheel(wheel.parent, "2.0.0")
        case "cut":
            wheel.write_bytes(wheel.read_bytes()[:100])
        case "odd":
            wheel.rename(wheel.with_name("lianke-latest.whl"))
        case _:
            pytest.fail(f"no such fault: {fault}")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("empty", "there is no lianke-*.whl"),
        ("crowded", "2 wheels lie in"),
        ("cut", "damaged or cut short"),
        ("odd", "not a wheel of lianke"),
    ],
)
def test_wheel_that_cannot_be_meant_is_refused(box: Box, fault: str, reason: str) -> None:
    break_wheelhouse(box, fault)
    assert_refused(box, box.install(), 6, reason)


def test_other_systems_are_refused(box: Box) -> None:
    (box.root / "etc").mkdir()
    (box.root / "etc" / "os-release").write_text('ID=fedora\nID_LIKE="rhel"\n')
    assert_refused(box, box.install(), 4, "neither Debian nor Ubuntu")


def test_broken_configuration_is_refused_before_anything_changes(box: Box) -> None:
    config = box.brought / "agent.toml"
    config.write_text("[device\n")
    assert_refused(box, box.install("--config", str(config)), 2, "not TOML")


def fake_python(box: Box, body: str) -> str:
    program = box.brought / "fake-python"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("--speed=11", "no option --speed"),
        ("--config", "--config wants a value"),
        ("now", "now is not an option"),
        ("--config|/nonexistent.toml", "cannot be read"),
        ("--prefix=/home/pos/lianke", "cannot see /home/pos/lianke"),
        ("--prefix=opt", "not a plain absolute path"),
        ("--user=Shop Keeper", "not an account's name"),
        ("--till-folder=/etc", "may not write there"),
        ("--till-folder=/srv/../var/lib/lianke", "may not write there"),
        ('--till-folder=/srv/a"b', "plainer name"),
    ],
)
def test_option_that_makes_no_sense_is_refused(box: Box, option: str, reason: str) -> None:
    assert_refused(box, box.install(*option.split("|")), 2, reason)


def test_python_too_old_or_without_venv_is_refused(box: Box) -> None:
    old = fake_python(box, "exit 1")
    assert_refused(box, box.install("--python", old), 5, "not a Python of 3.11 or later")
    bare = fake_python(box, 'case "$*" in *ensurepip*) exit 1 ;; *) exit 0 ;; esac')
    assert_refused(box, box.install("--python", bare), 5, "cannot make virtual environments")


def test_ordinary_user_is_sent_to_sudo(box: Box) -> None:
    need("systemctl", "systemd")
    run = box.install_as_ordinary_user("--no-start", "--wheel", str(box.bring("1.0.0")))
    assert_refused(box, run, 3, "run it again with sudo")


def test_second_installer_waits_its_turn(installed: Installed) -> None:
    holder = os.open(installed.box.root / BASE, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        run = installed.box.install()
    finally:
        os.close(holder)
    assert run.returncode == 7
    assert "has not ended yet" in run.stderr


def test_install_lays_out_release_configuration_data_and_keys(installed: Installed) -> None:
    root = installed.box.root
    assert installed.box.releases() == {installed.box.current()}
    mark = (root / BASE / "current" / "lianke-release").read_text()
    assert mark.startswith("version=1.0.0\n")
    agent = subprocess.run(
        [root / BASE / "current/bin/lianke-agent"], capture_output=True, text=True, check=True
    )
    assert agent.stdout == "agent 1.0.0\n"
    modes = {
        "etc/lianke": 0o750,
        "etc/lianke/secrets": 0o750,
        "etc/lianke/agent.toml": 0o640,
        "var/lib/lianke": 0o700,
        "var/lib/lianke-keys": 0o700,
        "var/lib/lianke-models": 0o755,
    }
    assert {name: stat.S_IMODE((root / name).stat().st_mode) for name in modes} == modes
    brought = (SCRIPTS / "systemd" / UNIT.name).read_text()
    asked = brought.replace("\nUser=lianke\nGroup=lianke\n", "\nUser=shop\nGroup=shop\n")
    assert (root / UNIT).read_text() == asked != brought


def test_second_run_changes_nothing_and_says_so(installed: Installed) -> None:
    before = installed.box.listing()
    for same in ((), ("--till-folder=/srv/till out", "--till-folder=/home/pos/100%")):
        run = installed.box.install(f"--config={installed.box.brought}/agent.toml", *same)
        assert run.returncode == 0, run.stderr
        assert run.stdout.startswith("nothing to change: 1.0.0-")
    assert installed.box.listing() == before


def test_configuration_of_the_shop_is_never_overwritten(installed: Installed) -> None:
    path = installed.box.root / "etc/lianke/agent.toml"
    other = installed.box.brought / "other.toml"
    other.write_text('[device]\nstore = "s0002"\n')
    run = installed.box.install("--config", str(other))
    assert "is kept as it is" in run.stdout
    assert 's0001"' in path.read_text()


def test_account_and_prefix_of_an_installed_box_are_kept(installed: Installed) -> None:
    for option in ("--user=other", "--prefix=/srv/other"):
        run = installed.box.install(option)
        assert run.returncode == 2
        assert "the agent on this box" in run.stderr


def test_till_folders_and_only_they_are_opened_for_the_agent(installed: Installed) -> None:
    drop_in = installed.box.root / f"{UNIT}.d" / "10-till-folders.conf"
    assert [line for line in drop_in.read_text().splitlines() if "Paths=" in line] == [
        'ReadWritePaths="-/srv/till out"',
        # A home is hidden from the service, so this folder alone is bound into view.
        'BindPaths="-/home/pos/100%%"',
    ]


def test_folders_that_the_configuration_names_are_opened_without_being_named_again(
    installed: Installed, box: Box
) -> None:
    shutil.copytree(installed.box.root, box.root, symlinks=True, dirs_exist_ok=True)
    config = box.root / "etc/lianke/agent.toml"
    bare = config.read_text()
    config.write_text(bare + _SOURCES)
    run = box.install()
    assert run.returncode == 0, run.stderr
    drop_in = box.root / f"{UNIT}.d" / "15-source-folders.conf"
    assert [line for line in drop_in.read_text().splitlines() if "Paths=" in line] == [
        'ReadWritePaths="-/srv/till"',
        'ReadWritePaths="-/srv/prints 100%%"',
        'BindPaths="-/home/pos/prints"',
        # Outside of homes a journal may be read anyway, and no journal is ever written to.
        'BindReadOnlyPaths="-/home/pos/ej"',
    ]
    assert "/etc/cups in agent.toml is not opened: the agent may not write there" in run.stdout
    assert "prints in agent.toml is no plain absolute path" in run.stdout
    assert "/tmp/ej in agent.toml cannot be seen by the service" in run.stdout
    assert "nothing to change" in box.install().stdout
    named = box.root / f"{UNIT}.d" / "10-till-folders.conf"
    assert named.read_text() == (installed.box.root / f"{UNIT}.d" / named.name).read_text()

    config.write_text("[till\n")
    assert "the folders that it names are left as they were" in box.install().stdout
    assert drop_in.exists()
    config.write_text(bare)
    assert "remove " in box.install().stdout
    assert not drop_in.exists()


def test_unit_with_the_folders_of_the_configuration_is_understood(
    installed: Installed, box: Box
) -> None:
    systemd_analyze = need("systemd-analyze", "systemd")
    shutil.copytree(installed.box.root, box.root, symlinks=True, dirs_exist_ok=True)
    with (box.root / "etc/lianke/agent.toml").open("a") as config:
        config.write(_SOURCES)
    assert box.install().returncode == 0
    add_bare_targets(box.root)
    verify = [systemd_analyze, f"--root={box.root}", "verify", UNIT.name]
    verified = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert exposure(systemd_analyze, box.root) <= EXPOSURE_LIMIT


@pytest.mark.slow
def test_upgrade_stands_beside_the_old_release_and_a_failed_one_leaves_no_trace(
    installed: Installed, box: Box
) -> None:
    shutil.copytree(installed.box.root, box.root, symlinks=True, dirs_exist_ok=True)
    old = box.current()
    box.bring("1.1.0", requires="a-package-nobody-brought")
    run = box.install()
    assert run.returncode == 1
    assert "stopped while trying to build the release 1.1.0-" in run.stderr
    assert (box.current(), box.releases()) == (old, {old})
    box.bring("1.1.0")
    # Without --camera, which the box remembers.
    assert "[agent,vision]" in box.install().stdout
    assert box.current().startswith("1.1.0-")
    assert box.releases() == {old, box.current()}


@pytest.mark.slow
def test_run_killed_half_way_is_finished_by_the_next(box: Box) -> None:
    releases = box.root / BASE / "releases"
    victim = subprocess.Popen(
        box.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 30
    while not list(releases.glob("*/bin/python")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    assert list(releases.glob("*/bin/python"))
    assert not list(releases.glob("*/lianke-release"))
    run = box.install()
    assert run.returncode == 0, run.stderr
    assert "left half built" in run.stdout
    assert box.releases() == {box.current()}
    assert "nothing to change" in box.install().stdout


def add_bare_targets(root: Path) -> None:
    for name in TARGETS:
        (root / UNIT.parent / f"{name}.target").write_text("[Unit]\nDescription=bare\n")


def exposure(systemd_analyze: str, root: Path) -> float:
    command = [systemd_analyze, f"--root={root}", "security", "--offline=true", "--no-pager"]
    judged = subprocess.run([*command, UNIT.name], capture_output=True, text=True, check=True)
    found = re.search(r"exposure level for lianke-agent.service: (\d+\.\d)", judged.stdout)
    assert found is not None, judged.stdout
    return float(found[1])


@pytest.mark.parametrize("drop_ins", [False, True], ids=["till", "camera"])
def test_unit_is_understood_and_locked_down(
    installed: Installed, tmp_path: Path, *, drop_ins: bool
) -> None:
    systemd_analyze = need("systemd-analyze", "systemd")
    shutil.copytree(installed.box.root / UNIT.parent, tmp_path / UNIT.parent)
    if not drop_ins:
        shutil.rmtree(tmp_path / f"{UNIT}.d")
    add_bare_targets(tmp_path)
    program = tmp_path / BASE / "current/bin/lianke-agent"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    verify = [systemd_analyze, f"--root={tmp_path}", "verify", UNIT.name]
    verified = subprocess.run(verify, capture_output=True, text=True, check=False)
    # An unknown or misspelt setting is only a warning to systemd: silence is what is wanted.
    assert (verified.returncode, verified.stderr) == (0, "")
    assert exposure(systemd_analyze, tmp_path) <= EXPOSURE_LIMIT


def test_unit_never_gives_up_and_never_races() -> None:
    settings = (SCRIPTS / "systemd" / UNIT.name).read_text().splitlines()
    assert {"Restart=always", "StartLimitIntervalSec=0", "RestartSec=10s"} <= set(settings)
