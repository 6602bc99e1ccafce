"""Bodies at rest are packed, and come back byte for byte or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from hashlib import sha256
from importlib import resources
from random import Random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import OutboxRenewed
from agent.outbox import Inspection, Outbox
from agent.outbox.packing import NotPacked, as_far_as_it_goes, pack, unpack, unpack_all
from agent.outbox.selection import Selection
from models.wire.ack import Rejection
from models.wire.envelope import MAX_EVENT_BYTES
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, a_draft, ids_of, plain, some_drafts, take

DICTIONARIES = {1: "81421488c50f98da4a126dc4ab91f919519b0a37a4813eb71dd098f14e88308d"}
"""Only ever added to: events in running shops are packed with each of them."""

PACKED_WITH_1 = bytes.fromhex("28b52ffd2501073900007b2261223a317d488bfc32")


def bodies(premises: Premises) -> list[bytes]:
    """What lies in the file."""
    with closing(sqlite3.connect(premises.path)) as db:
        return [row[0] for row in db.execute("SELECT body FROM event ORDER BY position")]


@given(st.binary(max_size=3000).map(lambda raw: b'{"id":"1","x":"%b"}' % raw))
def test_what_is_packed_comes_back(body: bytes) -> None:
    assert unpack(pack(body)) == body
    assert unpack_all([pack(body), body, pack(body)]) == [body] * 3
    assert unpack_all([pack(body)] * 3) == [body] * 3


@pytest.mark.parametrize(("number", "digest"), DICTIONARIES.items())
def test_a_dictionary_that_shops_have_files_of_is_never_changed(number: int, digest: str) -> None:
    path = resources.files("agent.outbox").joinpath(f"words-{number}.zdict")
    assert sha256(path.read_bytes()).hexdigest() == digest
    assert zstandard.ZstdCompressionDict(path.read_bytes()).dict_id() == number


def test_what_was_packed_with_every_dictionary_is_read_for_ever() -> None:
    assert unpack(PACKED_WITH_1) == b'{"a":1}'


def test_a_sale_takes_less_than_a_third() -> None:
    body = a_draft(7, lines=3).body
    assert len(pack(body)) < len(body) / 3


def test_a_flipped_bit_is_noticed_or_does_no_harm() -> None:
    random = Random(5)
    for _ in range(3000):
        body = b'{"id":"%b"}' % random.randbytes(40).hex().encode()
        packed = bytearray(pack(body))
        packed[random.randrange(4, len(packed))] ^= 1 << random.randrange(8)
        try:
            assert unpack(bytes(packed)) == body
        except NotPacked:
            assert as_far_as_it_goes(bytes(packed)) == packed


def test_a_frame_cannot_make_us_take_memory() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(MAX_EVENT_BYTES + 1))
    with pytest.raises(NotPacked, match="how large"):
        unpack(bomb)
    with pytest.raises(NotPacked, match="how large"):
        unpack_all([bomb, bomb])


def test_the_file_holds_packed_bodies_and_everybody_reads_them_plain(premises: Premises) -> None:
    outbox = premises.open()
    drafts = some_drafts(3)
    outbox.append(Stream.SALE, drafts)
    lease = take(outbox)
    assert lease is not None
    assert [plain(event) for event in lease.events] == [draft.body for draft in drafts]
    outbox.reject(outbox.epoch, "sale", [Rejection(2, "malformed")])
    outbox.close()
    assert all(sum(map(len, bodies(premises))) < len(draft.body) * 2 for draft in drafts)
    with Inspection.open(premises.path) as inspection:
        assert [one.body for one in inspection.select(Selection(settled=True))] == [
            draft.body for draft in drafts
        ]
        assert [body for _, body in inspection.letters()] == [drafts[1].body]
        assert inspection.captured() == {"retail": 3}
        (first, _) = inspection.pending(Stream.SALE)
        assert (first.type, first.size_bytes) == ("lianke.sale.recorded", len(drafts[0].body))


def test_a_rejected_event_is_replayed_as_it_was(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(2))
    assert take(outbox) is not None
    outbox.reject(outbox.epoch, "sale", [Rejection(2, "malformed")])
    outbox.housekeep({Stream.SALE: 0.0})
    assert outbox.replay_letters() == [a_draft(2).event_id]
    lease = take(outbox)
    assert lease is not None
    assert a_draft(2).body in [plain(event) for event in lease.events]
    outbox.close()


def test_a_body_that_cannot_be_unpacked_is_set_apart_and_the_others_go(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(3))
    outbox.close()
    damage(premises, a_draft(2).event_id)
    with Inspection.open(premises.path) as inspection:
        assert inspection.captured() == {"retail": 2}
        assert [one.type for one in inspection.pending(Stream.SALE)].count("") == 1
    outbox = premises.open()
    with pytest.raises(OutboxRenewed):
        take(outbox)
    outbox.held()
    assert leased(outbox)[:2] == [a_draft(1).event_id, a_draft(3).event_id]
    assert outbox.dead_letters() == 1
    outbox.close()


def leased(outbox: Outbox) -> list[str]:
    return ids_of(take(outbox))


def damage(premises: Premises, event_id: str) -> None:
    """A body loses its end."""
    with closing(sqlite3.connect(premises.path)) as db, db:
        db.execute(
            "UPDATE event SET body = substr(body, 1, length(body) - 9) WHERE event_id = ?",
            (event_id,),
        )
