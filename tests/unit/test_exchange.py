"""A secret on its way to one process: it opens there, for its place, and nowhere else."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from models.vault.errors import BadRecipient, SealBroken
from models.vault.exchange import Recipient, seal_to

SECRET = bytes(range(64, 96))


def test_what_was_sealed_opens_for_its_recipient() -> None:
    recipient = Recipient()
    assert recipient.open(seal_to(recipient.public, SECRET, "here"), "here") == SECRET


def test_no_message_is_like_another_and_none_shows_its_content() -> None:
    recipient = Recipient()
    first, second = (seal_to(recipient.public, SECRET, "here") for _ in range(2))
    assert first != second
    assert SECRET.hex() not in first + repr(recipient)


def test_a_key_pair_shows_its_public_half_alone() -> None:
    private = bytes(range(32))
    recipient = Recipient(lambda _count: private)
    shown = f"{recipient!r} {recipient} {vars(recipient)}"
    assert recipient.public in shown
    for form in (private.hex(), urlsafe_b64encode(private).decode(), repr(private)[2:-1]):
        assert form not in shown


@pytest.mark.parametrize(
    "public",
    [
        "",
        "cashiers",
        "密钥",
        urlsafe_b64encode(bytes(31)).decode(),
        urlsafe_b64encode(bytes(32)).decode(),  # the point that gives everybody the same secret
        urlsafe_b64encode(bytes(33)).decode(),
    ],
)
def test_what_is_no_public_key_gets_nothing(public: str) -> None:
    with pytest.raises(BadRecipient) as refused:
        seal_to(public, SECRET, "here")
    assert SECRET.hex() not in str(refused.value)


@pytest.mark.parametrize("sealed", ["", "密钥", "a", urlsafe_b64encode(bytes(80)).decode()])
def test_what_is_no_message_is_refused_by_the_name_of_its_place(sealed: str) -> None:
    with pytest.raises(SealBroken, match="key of pos1: "):
        Recipient().open(sealed, "key of pos1")
