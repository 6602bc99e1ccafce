"""What was sealed to one process, for one place, opens for no other, nowhere else, nor changed."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.pos.operators import operator_pseudonym
from cloud.devices import OperatorKeys
from models.vault.errors import SealBroken
from models.vault.exchange import Recipient, seal_to
from models.vault.master import MasterKey
from models.wire.ack import operator_key_place
from models.wire.birth import Birth
from models.wire.ids import DevicePath, device_id, store_id, tenant_id

SEEDS = st.integers(0, 2**64)
WORDS = st.text(st.sampled_from("abc012-"), min_size=1, max_size=6).filter(lambda w: w[0] != "-")
PATHS = st.builds(
    lambda tenant, store, device: DevicePath(tenant_id(tenant), store_id(store), device_id(device)),
    *(WORDS, WORDS, WORDS),
)
ASKS = st.tuples(SEEDS, PATHS, WORDS)
"""A process by its key pair, the device that it says to be, and the name of its birth."""


def recipient(seed: int) -> Recipient:
    return Recipient(Random(seed).randbytes)


@given(SEEDS, st.binary(max_size=200), st.text(max_size=40))
def test_whatever_is_sealed_comes_out_again(seed: int, plain: bytes, place: str) -> None:
    to = recipient(seed)
    assert to.open(seal_to(to.public, plain, place), place) == plain


@given(st.lists(ASKS, min_size=2, max_size=2, unique=True))
def test_a_key_opens_for_the_process_device_and_birth_that_asked(
    asks: list[tuple[int, DevicePath, str]],
) -> None:
    keys = OperatorKeys(MasterKey(b"m" * 32))
    (seed, path, name), (other_seed, other_path, other_name) = asks
    sealed = keys.answer(path, a_birth(recipient(seed), name))
    assert recipient(seed).open(sealed, operator_key_place(path, name)) == keys.of(path.tenant)
    with pytest.raises(SealBroken):
        recipient(other_seed).open(sealed, operator_key_place(other_path, other_name))


@given(SEEDS, st.integers(0, 79), st.integers(1, 255))
def test_no_byte_of_it_can_be_changed(seed: int, at: int, change: int) -> None:
    to = recipient(seed)
    message = bytearray(urlsafe_b64decode(seal_to(to.public, bytes(32), "here")))
    assert len(message) == 80
    message[at] ^= change
    with pytest.raises(SealBroken):
        to.open(urlsafe_b64encode(message).decode(), "here")


@given(st.lists(WORDS, min_size=2, max_size=2, unique=True), WORDS, WORDS)
def test_two_tenants_cashiers_with_one_number_have_two_names(
    tenants: list[str], store: str, operator: str
) -> None:
    keys = OperatorKeys(MasterKey(b"m" * 32))
    one, other = (operator_pseudonym(operator, keys.of(tenant_id(t)), store) for t in tenants)
    assert one != other
    assert one == operator_pseudonym(operator, keys.of(tenant_id(tenants[0])), store)


def a_birth(asking: Recipient, name: str) -> Birth:
    return Birth(
        birth=name,
        bootid="boot-1",
        agent_version="0.1.0",
        started_at="2026-11-22T04:00:00.000Z",
        epochs=[],
        seal_to=asking.public,
    )
