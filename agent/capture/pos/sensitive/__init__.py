"""Nothing of a payment card passes: not into events, archives, quarantine, errors or logs.

``without_cards`` is for one field's text, ``mask_raw`` for input as it came, ``last4`` for the
number that a tender names. All mask in place, so that lengths and positions stay what they were.
"""

from agent.capture.pos.sensitive.fields import Context, context_of
from agent.capture.pos.sensitive.masking import Finding, Sensitive
from agent.capture.pos.sensitive.raw import Whitelist, find_sensitive, mask_raw
from agent.capture.pos.sensitive.stream import masked_pieces
from agent.capture.pos.sensitive.text import last4, without_cards

__all__ = [
    "Context",
    "Finding",
    "Sensitive",
    "Whitelist",
    "context_of",
    "find_sensitive",
    "last4",
    "mask_raw",
    "masked_pieces",
    "without_cards",
]
