"""New flags and members of a sale do not trouble older readers, nor older bytes newer ones."""

from __future__ import annotations

import msgspec
import pytest

from models.wire.events.sale import Capture, Flag, Line, LineKind, Tender

CAPTURE = (
    b'{"adapter":"a","profile":"p","profile_version":1,"raw_sha256":"x","flags":["late","%b"]}'
)


@pytest.mark.parametrize("newer", ["not_invented_yet", "gtin_invalid_again"])
def test_a_flag_of_a_newer_writer_is_read_as_other(newer: str) -> None:
    read = msgspec.json.decode(CAPTURE % newer.encode(), type=Capture)
    assert read.flags == [Flag.LATE, Flag.OTHER]


def test_what_is_no_flag_at_all_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(CAPTURE.replace(b'"%b"', b"7"), type=Capture)


def test_members_that_are_not_there_cost_no_byte() -> None:
    line = Line(sequence=1, kind=LineKind.SALE, extended_amount_minor=1)
    tender = Tender(type="Cash", amount_minor=1)
    written = msgspec.json.encode([line, tender])
    for name in (b"serials", b"age_restricted", b"foreign_amount_minor"):
        assert name not in written
