"""Large files are kept in pieces, and no piece can be lost, doubled or moved."""

from __future__ import annotations

from io import BytesIO

import pytest

from agent.capture.pos.sealing import PIECE_BYTES, opened_pieces, sealed_pieces
from models.vault.blob import BlobSealer
from models.vault.errors import SealBroken
from models.vault.master import MasterKey

SEALER = BlobSealer(MasterKey(b"k" * 32), "files")
CONTENT = bytes(range(256)) * (PIECE_BYTES // 256) * 3 + b"the end"


def sealed(content: bytes, step: int = 100_000) -> bytes:
    pieces = (content[at : at + step] for at in range(0, len(content), step))
    return b"".join(sealed_pieces(pieces, SEALER, "a"))


def opened(data: bytes, place: str = "a") -> bytes:
    return b"".join(opened_pieces(BytesIO(data), SEALER, place))


@pytest.mark.parametrize(
    "content", [b"", b"x", CONTENT[:PIECE_BYTES], CONTENT[: PIECE_BYTES + 1], CONTENT]
)
def test_what_is_sealed_opens_as_it_was(content: bytes) -> None:
    assert opened(sealed(content)) == content


def test_a_small_file_is_one_blob_as_it_always_was() -> None:
    assert SEALER.open(sealed(b"small"), "a") == b"small"
    assert opened(SEALER.seal(b"old", "a")) == b"old"


def frames(data: bytes) -> list[bytes]:
    found, at = [], 4
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at:end])
        at = end
    return found


def test_pieces_cannot_be_lost_doubled_or_swapped() -> None:
    data = sealed(CONTENT)
    a, b, c, d = frames(data)
    for damaged in ([a, b, c], [a, c, d], [a, b, b, d], [b, a, c, d], [a, b, c, d, d], [d]):
        with pytest.raises(SealBroken):
            opened(data[:4] + b"".join(damaged))
    for end in (len(data) - 1, len(data) - len(d) + 2):
        with pytest.raises(SealBroken):
            opened(data[:end])


def test_a_file_opens_only_in_its_place() -> None:
    with pytest.raises(SealBroken):
        opened(sealed(CONTENT), "b")
