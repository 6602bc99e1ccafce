"""Reading the pages of a file that nobody can trust."""

from __future__ import annotations

import struct
from pathlib import Path

from agent.outbox.pages import FRAME_HEADER, LOG_HEADER, OUR_PAGE_SIZE, Pages


def test_a_page_number_of_garbage_costs_no_more_than_a_page(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    path.write_bytes(bytes(2 * OUR_PAGE_SIZE))
    frame = struct.pack(">II", 4_000_000_000, 1) + b"salt" * ((FRAME_HEADER - 8) // 4)
    torn_header = bytes(LOG_HEADER)
    path.with_name(f"{path.name}-wal").write_bytes(torn_header + frame + bytes(OUR_PAGE_SIZE))
    with Pages(path) as pages:
        assert pages.numbers == [1, 2, 4_000_000_000]
        assert list(pages.rows()) == []
