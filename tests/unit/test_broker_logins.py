"""Logins and their hashed secrets: nothing unsafe can be written into a broker's files."""

from __future__ import annotations

import base64
import hashlib

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.broker import CloudLogin, DeviceLogin, SecretHash, hash_secret, new_secret
from cloud.broker.errors import InvalidLogin, WeakSecret
from cloud.broker.logins import one_each
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId
from tests.simulators.known_logins import device, logins_of, seeded, worker

HASH = hash_secret(new_secret(seeded()), seeded())


def path(tenant: str = "acme", store: str = "s1", name: str = "till") -> DevicePath:
    return DevicePath(TenantId(tenant), StoreId(store), DeviceId(name))


def test_new_secret_is_256_random_bits() -> None:
    secret = new_secret(seeded(1))
    assert base64.urlsafe_b64decode(secret + "=") == seeded(1)(32)
    assert secret != new_secret(seeded(2))


@settings(max_examples=10, deadline=None)
@given(st.integers())
def test_both_forms_verify_the_secret_and_no_other(seed: int) -> None:
    random = seeded(seed)
    secret, other = new_secret(random), new_secret(random)
    hashed = hash_secret(secret, random)
    assert bcrypt.checkpw(secret.encode(), hashed.bcrypt.encode())
    assert not bcrypt.checkpw(other.encode(), hashed.bcrypt.encode())
    assert verifies(hashed.pbkdf2, secret)
    assert not verifies(hashed.pbkdf2, other)


def verifies(stored: str, secret: str) -> bool:
    """As Mosquitto reads it: ``$7$<rounds>$<salt>$<key>``."""
    _, kind, rounds, salt, key = stored.split("$")
    assert kind == "7"
    wanted = hashlib.pbkdf2_hmac(
        "sha512", secret.encode(), base64.b64decode(salt), int(rounds), dklen=64
    )
    return base64.b64decode(key) == wanted


def test_same_secret_is_salted_afresh() -> None:
    random = seeded()
    secret = new_secret(random)
    first, second = hash_secret(secret, random), hash_secret(secret, random)
    assert first.bcrypt != second.bcrypt
    assert first.pbkdf2 != second.pbkdf2


@pytest.mark.parametrize("weak", ["", "changeit", "x" * 42, "x" * 73, "x" * 42 + '"', "é" * 43])
def test_secret_that_is_not_our_token_is_refused_and_not_repeated(weak: str) -> None:
    with pytest.raises(WeakSecret, match="new_secret") as caught:
        hash_secret(weak, seeded())
    assert not weak or weak not in str(caught.value)


@pytest.mark.parametrize(
    ("blowfish", "pbkdf2"),
    [
        ("", HASH.pbkdf2),
        (HASH.bcrypt + '" }', HASH.pbkdf2),
        (HASH.bcrypt, HASH.pbkdf2 + "\nroot:"),
        (HASH.pbkdf2, HASH.bcrypt),
    ],
)
def test_stored_hash_of_another_form_is_refused(blowfish: str, pbkdf2: str) -> None:
    with pytest.raises(InvalidLogin, match="enrol"):
        SecretHash(blowfish, pbkdf2)


def test_hash_is_not_shown() -> None:
    assert "$" not in repr(HASH)


@pytest.mark.parametrize(
    "bad",
    [
        path(tenant="a/b"),
        path(store="s1\ntopic readwrite #"),
        path(name='till" }'),
        path(name="#"),
        path(name="_probe"),
        path(name="Till"),
        path(name=""),
    ],
)
def test_device_with_an_unsafe_name_is_refused(bad: DevicePath) -> None:
    with pytest.raises(InvalidLogin, match="not a valid name"):
        DeviceLogin(bad, HASH)


@pytest.mark.parametrize("bad", ["ingest", "_cloud", "_cloud-", "_cloud-a b", "_cloud-" + "x" * 42])
def test_worker_with_an_unsafe_name_is_refused(bad: str) -> None:
    with pytest.raises(InvalidLogin, match="_cloud-"):
        CloudLogin(bad, HASH)


def test_logins_are_ordered_so_that_the_same_list_gives_the_same_file() -> None:
    known = logins_of(worker(), device("b"), device("a"))
    assert one_each(known) == one_each(reversed(known))
    assert [one.name for one in one_each(known)] == ["_cloud-ingest", "a", "b"]


def test_one_name_for_two_devices_is_refused_and_named() -> None:
    twice = logins_of(device("till", store="s1"), device("till", store="s2"), device("tablet"))
    with pytest.raises(InvalidLogin, match="'till'"):
        one_each(twice)
