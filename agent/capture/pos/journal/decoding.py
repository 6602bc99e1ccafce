"""A record's bytes to its text."""

from __future__ import annotations

from agent.capture.pos.journal.profile import JournalProfile, Undecodable
from agent.capture.pos.malformed import Malformed


def decoded(data: bytes, profile: JournalProfile) -> str:
    """A record's text. Zeros in front, which a power cut can leave in a file, are passed over.

    Raises:
        Malformed: zeros within, or bytes that the encoding does not know and the profile refuses.
    """
    errors = "replace" if profile.undecodable is Undecodable.REPLACE else "strict"
    try:
        text = data.decode(profile.encoding, errors).lstrip("\0")
    except UnicodeError as error:
        raise Malformed(f"it holds bytes that are not {profile.encoding}") from error
    if "\0" in text:
        raise Malformed("it holds zero bytes, as a file may after a power cut")
    return text
