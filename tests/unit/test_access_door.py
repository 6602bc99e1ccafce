"""The console's door: the first password, coming in, being thrown out, and guessing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from cloud.access import (
    ConsolePassword,
    PasswordRefused,
    SetUpAlready,
    SetUpCodeRefused,
    TooManyAttempts,
    WeakPassword,
)
from cloud.access.tables import CONSOLE_SECRET, CONSOLE_SESSION
from cloud.access.throttle import Patience, Throttle
from cloud.access.typed_secret import TypedSecrets, new_set_up_code
from cloud.storage import read
from tests.simulators.back_office import BackOffice
from tests.simulators.clocks import HandClock
from tests.simulators.databases import Databases

PASSWORD = "correct horse battery"
HERE = "127.0.0.1"


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Iterator[BackOffice]:
    made = BackOffice(tmp_path, databases=databases)
    yield made
    made.close()


def set_up(office: BackOffice) -> str:
    code = office.door.prepare({})
    assert code is not None
    return office.door.set_up(code, PASSWORD, HERE)


def test_first_visitor_with_the_code_chooses_the_password_and_is_in(office: BackOffice) -> None:
    token = set_up(office)
    assert office.door.is_set_up
    assert office.door.is_open_to(token)
    assert office.door.is_open_to(office.door.sign_in(PASSWORD, HERE))


def test_code_may_be_typed_without_hyphens_and_in_small_letters(office: BackOffice) -> None:
    code = office.door.prepare({})
    assert code is not None
    office.door.set_up(f" {code.replace('-', ' ').lower()} ", PASSWORD, HERE)


def test_wrong_code_sets_nothing(office: BackOffice) -> None:
    office.door.prepare({})
    with pytest.raises(SetUpCodeRefused):
        office.door.set_up("AAAA-BBBB-CCCC", PASSWORD, HERE)
    assert not office.door.is_set_up


def test_code_of_an_earlier_start_is_void(office: BackOffice) -> None:
    first = office.door.prepare({})
    second = office.door.prepare({})
    assert first is not None
    assert second is not None
    with pytest.raises(SetUpCodeRefused):
        office.door.set_up(first, PASSWORD, HERE)
    office.door.set_up(second, PASSWORD, HERE)


def test_code_works_once(office: BackOffice) -> None:
    code = office.door.prepare({})
    assert code is not None
    office.door.set_up(code, PASSWORD, HERE)
    with pytest.raises(SetUpAlready):
        office.door.set_up(code, "another password", HERE)
    with pytest.raises(SetUpAlready):
        office.password.issue_code()
    assert office.door.prepare({}) is None


@pytest.mark.parametrize("password", ["", "short", "x" * 9, "x" * 257])
def test_password_of_a_bad_length_is_refused_and_costs_no_attempt(
    office: BackOffice, password: str
) -> None:
    code = office.door.prepare({})
    assert code is not None
    for _ in range(10):
        with pytest.raises(WeakPassword):
            office.door.set_up(code, password, HERE)
    office.door.set_up(code, PASSWORD, HERE)


def test_environment_sets_the_first_password_only(office: BackOffice) -> None:
    assert office.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD}) is None
    assert office.door.prepare({"LIANKE_CONSOLE_PASSWORD": "some other one"}) is None
    office.door.sign_in(PASSWORD, HERE)
    with pytest.raises(PasswordRefused):
        office.door.sign_in("some other one", HERE)


def test_weak_password_in_the_environment_stops_the_start(office: BackOffice) -> None:
    with pytest.raises(WeakPassword):
        office.door.prepare({"LIANKE_CONSOLE_PASSWORD": "short"})


def test_lost_password_is_replaced_from_the_terminal_and_ends_every_session(
    office: BackOffice,
) -> None:
    token = set_up(office)
    code = office.password.forget()
    assert not office.door.is_open_to(token)
    assert office.door.is_open_to(office.door.set_up(code, "a new password", HERE))


def test_neither_password_nor_code_nor_session_is_in_the_database(office: BackOffice) -> None:
    code = office.door.prepare({})
    assert code is not None
    with read(office.engine) as connection:
        before = connection.execute(select(CONSOLE_SECRET)).all()
    assert code not in str(before)
    token = office.door.set_up(code, PASSWORD, HERE)
    with read(office.engine) as connection:
        rows = str(connection.execute(select(CONSOLE_SECRET)).all())
        rows += str(connection.execute(select(CONSOLE_SESSION)).all())
    assert PASSWORD not in rows
    assert token not in rows


def test_session_ends_after_silence(office: BackOffice) -> None:
    token = set_up(office)
    for _ in range(3):
        office.hand.move(2 * 3600 - 61)
        assert office.door.is_open_to(token)
    office.hand.move(2 * 3600 + 1)
    assert not office.door.is_open_to(token)


def test_page_that_refreshes_itself_does_not_keep_the_session(office: BackOffice) -> None:
    token = set_up(office)
    for _ in range(4):
        office.hand.move(1500)
        assert office.door.is_open_to(token, visit=False)
    office.hand.move(1500)
    assert not office.door.is_open_to(token, visit=False)


def test_session_ends_by_age_whatever_happens(office: BackOffice) -> None:
    token = set_up(office)
    for _ in range(11):
        office.hand.move(3600)
        assert office.door.is_open_to(token)
    office.hand.move(3600)
    assert not office.door.is_open_to(token)


def test_leaving_ends_the_session_and_may_be_repeated(office: BackOffice) -> None:
    token = set_up(office)
    office.door.leave(token)
    office.door.leave(token)
    assert not office.door.is_open_to(token)
    assert not office.door.is_open_to("")
    assert not office.door.is_open_to("invented")


def test_what_happened_at_the_door_is_in_the_audit(office: BackOffice) -> None:
    office.door.leave(set_up(office))
    deeds = [entry.action for entry in office.audit.latest(office.engine)]
    assert deeds == ["signed_out", "signed_in", "password_set"]
    assert office.audit.verify(office.engine).broken_at is None


def test_guessing_is_slowed_down_and_patience_is_rewarded(office: BackOffice) -> None:
    set_up(office)
    for _ in range(5):
        with pytest.raises(PasswordRefused):
            office.door.sign_in("wrong password", HERE)
    with pytest.raises(TooManyAttempts) as refused:
        office.door.sign_in(PASSWORD, HERE)
    office.hand.move(refused.value.retry_after_s)
    office.door.sign_in(PASSWORD, HERE)


def test_password_is_hashed_anew_when_the_cost_has_risen(office: BackOffice) -> None:
    set_up(office)
    dearer = TypedSecrets(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1), office.random)
    password = ConsolePassword(
        office.engine, office.audit, dearer, clock=office.clock, random=office.random
    )
    assert password.matches(PASSWORD)
    with read(office.engine) as connection:
        assert "t=2" in connection.execute(select(CONSOLE_SECRET.c.argon2)).scalar_one()
    assert password.matches(PASSWORD)


def test_set_up_code_is_easy_to_read(office: BackOffice) -> None:
    codes = {new_set_up_code(office.random) for _ in range(50)}
    assert len(codes) == 50
    for code in codes:
        assert len(code) == 14
        assert not set(code) & set("01ILO")


def throttle(**patience: float) -> tuple[Throttle, HandClock]:
    clock = HandClock()
    return Throttle(clock, Patience(**patience)), clock  # type: ignore[arg-type]  # counts and seconds


def waited_s(guard: Throttle, clock: HandClock, address: str, attempts: int) -> float:
    begun_s = clock.monotonic_s()
    for _ in range(attempts):
        while True:
            try:
                guard.admit(address)
            except TooManyAttempts as refused:
                clock.move(refused.retry_after_s)
            else:
                break
    return clock.monotonic_s() - begun_s


def test_each_failure_doubles_the_wait_up_to_a_limit() -> None:
    guard, clock = throttle(free=2, first_wait_s=1, longest_wait_s=8, failures_per_minute=10_000)
    waits = [waited_s(guard, clock, HERE, 1) for _ in range(7)]
    assert waits == [0, 0, 1, 2, 4, 8, 8]


def test_one_address_does_not_wait_for_another_ones_failures() -> None:
    guard, clock = throttle(free=1, failures_per_minute=10_000)
    waited_s(guard, clock, "10.0.0.1", 3)
    assert waited_s(guard, clock, "10.0.0.2", 1) == 0


def test_many_addresses_together_guess_no_faster_than_the_budget() -> None:
    guard, clock = throttle(free=5, failures_per_minute=30)
    total_s = sum(waited_s(guard, clock, f"10.0.{n // 250}.{n % 250}", 1) for n in range(330))
    assert total_s >= 600


def test_right_password_costs_nothing_of_the_budget() -> None:
    guard, _ = throttle(failures_per_minute=3)
    for _ in range(20):
        guard.admit(HERE)
        guard.succeeded(HERE)


def test_failures_are_forgotten_in_time() -> None:
    guard, clock = throttle(free=1, first_wait_s=1, longest_wait_s=60, failures_per_minute=10_000)
    waited_s(guard, clock, HERE, 4)
    clock.move(61)
    assert waited_s(guard, clock, HERE, 1) == 0


def test_memory_for_addresses_is_bounded() -> None:
    guard, _ = throttle(free=1, first_wait_s=100, failures_per_minute=10_000, addresses=3)
    for address in ("a", "b", "c", "d"):
        guard.admit(address)
    guard.admit("a")
    with pytest.raises(TooManyAttempts):
        guard.admit("d")
