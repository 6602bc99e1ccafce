"""A salvaged outbox and the ledger: sent twice, counted once, and nothing waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.errors import OutboxRenewed
from models.wire.codec import Codec
from models.wire.topics import Stream
from tests.simulators.bad_sectors import blank, harm, page_with, sale
from tests.simulators.ledger_premises import LedgerPremises
from tests.simulators.outbox_parts import Premises, a_draft, ids_of, some_drafts, take

MANY = 120


def test_the_ledger_counts_nothing_twice_and_waits_for_nothing(tmp_path: Path) -> None:
    """All had been sent, half of it was settled here; then a page was lost."""
    (tmp_path / "cloud").mkdir()
    premises = Premises(tmp_path / "shop")
    ledger = LedgerPremises(tmp_path / "cloud")
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(MANY))
    epoch = outbox.epoch
    sent = [take(outbox, max_events=MANY // 2) for _ in range(2)]
    for number, lease in enumerate(sent):
        assert lease is not None
        if number == 0:
            ledger.append(Codec().encode(epoch, Stream.SALE, lease.first, lease.events))
    outbox.close()
    harm(premises.path, blank(page_with(premises.path, sale(90))))
    outbox = premises.open()
    with pytest.raises(OutboxRenewed):
        take(outbox, max_events=1000)
    outbox.held()
    lease = take(outbox, max_events=1000)
    assert lease is not None
    appended = ledger.append(Codec().encode(lease.epoch, Stream.SALE, lease.first, lease.events))
    lost = {*range(1, MANY + 1)} - {
        number for number in range(1, MANY + 1) if a_draft(number).event_id in ids_of(lease)
    }
    assert lost
    assert appended.duplicates == MANY // 2
    assert appended.conflicts == appended.rejected == 0
    assert appended.accepted == MANY // 2 - len(lost) + 2  # and the two notices
    counted = [entry.event_id for entry in ledger.entries()]
    assert len(counted) == len(set(counted)) == MANY - len(lost) + 2
    assert [run[:2] for run in ledger.runs(epoch)] in (
        [(1, MANY // 2), (MANY // 2 + 1, MANY)],
        [(1, MANY)],
    )
    outbox.close()
    ledger.close()
    premises.close()
