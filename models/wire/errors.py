"""Why bytes were not accepted.

    WireError
      BadIdentifier     a tenant, store or device name breaks the grammar
      BadTopic          a topic is not one of ours
      UnreadableBatch   not even the batch's header can be read
      BadBatch          the header reads, the body does not: the sender bisects it
      BadEvent          one event is malformed, of an unknown type, or breaks its own rule
      TooLarge          an event or a batch exceeds its limit

Every one of them is permanent: the same bytes will fail again, so nobody retries them.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from models.wire.header import BatchHeader


class WireError(ValueError):
    """Bytes or names break the contract; sending them again cannot help."""


class BadIdentifier(WireError):
    """A name is not lower-case letters, digits and hyphens, or is too long."""


class BadTopic(WireError):
    """A topic does not follow ``lk1/<tenant>/<part>/<store>/<device>/<branch>``."""


class UnreadableBatch(WireError):
    """Neither the batch nor its header can be read, so no sequence can be named."""


class BadBatch(WireError):
    """The header reads, the events do not.

    Attributes:
        header: what the batch said of itself, so that the refusal can name the range.
        reason: one of the stable words in ``models.wire.ack.Reason``.
    """

    def __init__(self, header: BatchHeader, reason: str, detail: str) -> None:
        super().__init__(f"batch {header.stream} {header.first}+{header.count}: {detail}")
        self.header = header
        self.reason = reason


class BadEvent(WireError):
    """One event is not acceptable; its neighbours may be.

    Attributes:
        reason: one of the stable words in ``models.wire.ack.Reason``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class TooLarge(WireError):
    """An event or a batch is larger than the contract allows."""


DECODE_FAULTS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not what they should be: for text that is not UTF-8 and
for nesting beyond reason it has no error of its own."""

_QUOTED_VALUE = re.compile(r"'.*'", re.DOTALL)


def describe(error: Exception) -> str:
    """What is wrong and at which path, without the offending value: it may be a phone number."""
    return _QUOTED_VALUE.sub("'…'", str(error))
