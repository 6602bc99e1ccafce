"""Access rules and their two renderings: a device owns its own, hears its own, and no more."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.broker import BrokerSettings, DeviceLogin, TlsFiles, acl_file, hash_secret, password_file
from cloud.broker.access_rules import access_of
from cloud.broker.errors import InvalidLogin
from cloud.broker.nats_config import (
    ServerPlan,
    environment_of,
    render,
    subjects_to_publish,
    subjects_to_subscribe,
)
from cloud.errors import BadConfiguration
from models.wire.ids import DevicePath, device_id, store_id, tenant_id
from models.wire.topics import Down, ShopDown, Stream, Up, device_filters, down, shop_down, up
from models.wire.topics import worker_filters as filters_of_workers
from tests.simulators.known_logins import device, logins_of, seeded, worker

TILL = device("till-1", store="s1")
WORKER = worker()
HASH = TILL.login.secret
PLAN = ServerPlan(1883, Path("/data/store"), Path("/data/ports"), HASH.bcrypt, HASH.bcrypt)
SETTINGS = BrokerSettings(Path("/data"))

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,5}", fullmatch=True)
paths = st.builds(DevicePath, names.map(tenant_id), names.map(store_id), names.map(device_id))
segments = st.sampled_from(["a", "b", "up"])
topics = st.lists(segments, min_size=1, max_size=4).map("/".join)
filters = st.builds(
    lambda head, tail: "/".join(head) + tail,
    st.lists(st.one_of(segments, st.just("+")), min_size=1, max_size=3),
    st.sampled_from(["", "/#"]),
)


def mqtt_matches(pattern: str, topic: str) -> bool:
    if pattern.endswith("/#"):
        parent = pattern.removesuffix("/#").count("/") + 1
        return mqtt_matches(pattern[:-2], "/".join(topic.split("/")[:parent]))
    wanted, given_ = pattern.split("/"), topic.split("/")
    return len(wanted) == len(given_) and all(
        one in ("+", other) for one, other in zip(wanted, given_, strict=True)
    )


def nats_matches(pattern: str, subject: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", "[^.]+").replace(">", ".+")
    return re.fullmatch(expression, subject) is not None


def allowed(patterns: tuple[str, ...], topic: str) -> bool:
    return any(mqtt_matches(pattern, topic) for pattern in patterns)


@given(paths)
def test_device_may_use_every_topic_of_its_own(path: DevicePath) -> None:
    access = access_of(DeviceLogin(path, HASH))
    assert all(allowed(access.publish, up(path, branch)) for branch in (*Stream, *Up))
    assert all(allowed(access.subscribe, down(path, branch)) for branch in Down)
    shop = [shop_down(path.tenant, path.store, branch) for branch in ShopDown]
    assert all(allowed(access.subscribe, topic) for topic in shop)
    assert access.subscribe == device_filters(path)


@given(paths, paths)
def test_no_device_reaches_another_device(one: DevicePath, other: DevicePath) -> None:
    access = access_of(DeviceLogin(one, HASH))
    if one != other:
        assert not any(allowed(access.publish, up(other, branch)) for branch in (*Stream, *Up))
        assert not any(allowed(access.subscribe, down(other, branch)) for branch in Down)
    assert not any(allowed(access.publish, down(other, branch)) for branch in Down)
    assert not any(allowed(access.subscribe, up(other, branch)) for branch in (*Stream, *Up))
    if (one.tenant, one.store) != (other.tenant, other.store):
        foreign = [shop_down(other.tenant, other.store, branch) for branch in ShopDown]
        assert not any(allowed(access.subscribe, topic) for topic in foreign)


@given(paths)
def test_worker_hears_all_and_speaks_only_down(path: DevicePath) -> None:
    access = access_of(WORKER.login)
    assert all(allowed(access.subscribe, up(path, branch)) for branch in (*Stream, *Up))
    assert all(allowed(access.publish, down(path, branch)) for branch in Down)
    assert allowed(access.publish, shop_down(path.tenant, path.store, ShopDown.CARDS))
    assert not any(allowed(access.publish, up(path, branch)) for branch in (*Stream, *Up))


@given(filters, topics)
def test_nats_subjects_match_what_the_filter_matches(pattern: str, topic: str) -> None:
    subject = topic.replace("/", ".")
    translated = subjects_to_subscribe(pattern)
    assert any(nats_matches(one, subject) for one in translated) == mqtt_matches(pattern, topic)


@given(filters, topics)
def test_nats_publishing_is_never_wider_than_the_filter(pattern: str, topic: str) -> None:
    subject = topic.replace("/", ".")
    if any(nats_matches(one, subject) for one in subjects_to_publish(pattern)):
        assert mqtt_matches(pattern, topic)


@pytest.mark.parametrize("odd", ["a.b", "a/*", "a/>", "a b"])
def test_filter_with_a_character_of_nats_is_refused(odd: str) -> None:
    with pytest.raises(InvalidLogin, match="NATS"):
        subjects_to_subscribe(odd)


def users_of(config: str) -> dict[str, str]:
    return dict(re.findall(r'\{ user: "([^"]+)", (.*)', config))


def test_nats_user_has_exactly_its_subjects() -> None:
    users = users_of(render(SETTINGS, PLAN, logins_of(TILL, WORKER)))
    assert set(users) == {"_probe", "_control", "till-1", "_cloud-ingest"}
    prefix = TILL.path.prefix.replace("/", ".")
    shop = prefix.removesuffix("till-1") + "_store.down"
    own = [f"{prefix}.down.>", f"{prefix}.down", f"{shop}.>", shop]
    assert f"publish: {json.dumps([f'{prefix}.up.>'])}" in users["till-1"]
    assert f"subscribe: {json.dumps(own)}" in users["till-1"]
    assert 'publish: ["lk1.*.*.*.*.down.>"], subscribe: ["lk1.>", "lk1"]' in users["_cloud-ingest"]


def test_only_the_control_user_enters_by_nats_and_may_do_next_to_nothing() -> None:
    users = users_of(render(SETTINGS, PLAN, logins_of(TILL, WORKER)))
    doors = {name: re.findall(r'types: \["(\w+)"\]', rest) for name, rest in users.items()}
    assert doors.pop("_control") == ["STANDARD"]
    assert set(map(tuple, doors.values())) == {("MQTT",)}
    may = '["$JS.API.STREAM.INFO.*", "$JS.API.STREAM.UPDATE.*"], subscribe: ["_INBOX.>"]'
    assert may in users["_control"]


def test_nats_config_bounds_storage_and_lifts_the_limit_of_consumers() -> None:
    config = render(SETTINGS, PLAN, [])
    assert f"max_file_store: {(1024 + 128 + 256) << 20}" in config
    assert "default_max_consumers: -1" in config
    assert "consumer_inactive_threshold" not in config
    assert 'listen: "127.0.0.1:-1"' in config


def test_tls_files_are_named_by_their_full_path() -> None:
    tls = TlsFiles(Path("/etc/lianke/server.pem"), Path('/etc/lianke/a "b"\\c.key'))
    config = render(BrokerSettings(Path("/data"), tls=tls), PLAN, [])
    assert r'cert_file: "/etc/lianke/server.pem", key_file: "/etc/lianke/a \"b\"\\c.key"' in config


def test_path_with_a_control_character_is_refused() -> None:
    with pytest.raises(BadConfiguration, match="control character"):
        render(BrokerSettings(Path("/data"), host="::1\n"), PLAN, [])


def test_storage_key_is_in_the_environment_and_in_no_file() -> None:
    key = "the-storage-key"
    settings = BrokerSettings(Path("/data"), storage_key=key)
    assert "key: $LIANKE_BROKER_STORAGE_KEY" in render(settings, PLAN, [])
    assert key not in render(settings, PLAN, []) + repr(settings)
    (value,) = environment_of(settings).values()
    assert re.fullmatch(r"k[0-9a-f]{64}", value)
    assert environment_of(SETTINGS) == {}
    assert "cipher" not in render(SETTINGS, PLAN, [])


def test_mosquitto_acl_has_one_block_per_user() -> None:
    prefix = TILL.path.prefix
    shop = prefix.removesuffix("till-1")
    assert acl_file(logins_of(TILL, WORKER)) == (
        "user _cloud-ingest\n"
        "topic write lk1/+/+/+/+/down/#\n"
        "topic read lk1/#\n"
        "\n"
        "user till-1\n"
        f"topic write {prefix}/up/#\n"
        f"topic read {prefix}/down/#\n"
        f"topic read {shop}_store/down/#\n"
    )


def test_mosquitto_passwords_are_one_line_each() -> None:
    lines = password_file(logins_of(TILL, WORKER)).splitlines()
    assert lines == [
        f"_cloud-ingest:{WORKER.login.secret.pbkdf2}",
        f"till-1:{TILL.login.secret.pbkdf2}",
    ]


def test_filters_of_our_workers_are_within_what_a_worker_may_hear() -> None:
    (everything,) = access_of(WORKER.login).subscribe
    assert all(mqtt_matches(everything, one) for one in filters_of_workers(range(3)))


def test_hashing_uses_the_given_randomness_only() -> None:
    assert hash_secret(TILL.secret, seeded(3)) == hash_secret(TILL.secret, seeded(3))
