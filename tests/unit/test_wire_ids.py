from __future__ import annotations

import uuid
from itertools import pairwise

import pytest

from models.wire.errors import BadIdentifier
from models.wire.ids import (
    DevicePath,
    StoreId,
    TenantId,
    device_id,
    epoch,
    keyed_event_id,
    new_epoch,
    part_of,
    sale_id,
    store_id,
    tenant_id,
    uuid7,
)


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a/b", "a+b", "x" * 49, "店"])
def test_a_name_that_could_not_be_a_topic_segment_is_refused(name: str) -> None:
    for parse in (tenant_id, store_id, device_id):
        with pytest.raises(BadIdentifier, match="valid name"):
            parse(name)


def test_the_part_of_a_store_never_changes() -> None:
    # Golden: a changed hash would send a shop's events past every worker.
    assert [part_of(StoreId(s)) for s in ("sh-0001", "9", "bj-12")] == [63, 25, 43]


def test_a_devices_prefix_is_its_source() -> None:
    path = DevicePath(tenant_id("demo"), store_id("sh-0001"), device_id("pos1"))
    assert path.prefix == "lk1/demo/63/sh-0001/pos1"


def test_uuid7_is_a_version_7_uuid_that_sorts_by_time() -> None:
    ids = [uuid7(1_700_000_000_000 + n, bytes([n]) * 10) for n in range(100)]
    assert all(uuid.UUID(i).version == 7 for i in ids)
    assert all(uuid.UUID(i).variant == uuid.RFC_4122 for i in ids)
    assert all(a < b for a, b in pairwise(ids))


def test_an_epoch_comes_from_randomness_alone() -> None:
    assert epoch(new_epoch(bytes(range(16)))) == bytes(range(16)).hex()
    with pytest.raises(BadIdentifier):
        new_epoch(b"short")
    with pytest.raises(BadIdentifier):
        uuid7(0, b"short")
    with pytest.raises(BadIdentifier):
        epoch("not-an-epoch")


def test_a_corrected_sale_keeps_its_sale_id_and_gets_another_event_id() -> None:
    demo = TenantId("demo")
    assert sale_id(demo, "k") == sale_id(demo, "k") != sale_id(TenantId("other"), "k")
    assert keyed_event_id(demo, "k", "r1") != keyed_event_id(demo, "k", "r2")
