"""Whatever goes wrong in whatever order: every sale is stored once, and every file is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from enum import Enum, auto
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import DiskUnusable, OutboxBusy
from tests.simulators.poslog_writer import poslog, transaction
from tests.unit.test_spool import PowerCut, Shop


class Move(Enum):
    """What may happen next."""

    DROP = auto()
    DROP_BAD = auto()
    REPRINT = auto()
    STEP = auto()
    BUSY_STEP = auto()
    DIE_AFTER_SINK = auto()
    DISK_FULL_STEP = auto()
    RESTART = auto()
    TIME_PASSES = auto()


@given(st.lists(st.sampled_from(Move), max_size=25))
@settings(max_examples=60, deadline=None)
def test_no_order_of_mishaps_loses_or_doubles_anything(moves: Sequence[Move]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        dropped = bad = 0
        reprinted: set[str] = set()
        for move in moves:
            match move:
                case Move.DROP:
                    dropped += 1
                    shop.drop(f"{dropped}.xml", number=str(dropped))
                case Move.DROP_BAD:
                    bad += 1
                    shop.drop(f"bad-{bad}.xml", b"<POSLog>%d" % bad)
                case Move.REPRINT:
                    shop.drop(f"{dropped}_R.xml", poslog(transaction(number=str(dropped))))
                    reprinted.add(str(dropped))
                case Move.RESTART:
                    shop.restarted()
                case Move.TIME_PASSES:
                    shop.clock.move(2.0)
                case _:
                    attempt(shop, move)
        recover(shop)
        numbers = {str(number) for number in range(1, dropped + 1)} | reprinted
        assert sorted(shop.sink.numbers) == sorted(numbers)
        assert shop.left() == []
        assert len(shop.kept("archive")) == dropped + len(reprinted)
        assert len(shop.kept("quarantine")) == bad


def attempt(shop: Shop, move: Move) -> None:
    """A step under one mishap."""
    in_the_way = shop.data.with_name("data-away")
    if move is Move.BUSY_STEP:
        shop.sink.refuse_with = OutboxBusy("busy")
    if move is Move.DIE_AFTER_SINK:
        shop.sink.die_after = PowerCut()
    if move is Move.DISK_FULL_STEP:
        if shop.data.exists():
            shop.data.rename(in_the_way)
        shop.data.write_bytes(b"")
    try:
        shop.spool.step()
    except PowerCut:
        shop.restarted()
    except (OutboxBusy, DiskUnusable):
        pass  # as the loop would: look again later
    finally:
        shop.sink.refuse_with = shop.sink.die_after = None
        if move is Move.DISK_FULL_STEP:
            shop.data.unlink()
            if in_the_way.exists():
                in_the_way.rename(shop.data)


def recover(shop: Shop) -> None:
    """All is well again, and time passes."""
    shop.restarted()
    for _ in range(3):
        shop.settle()
