"""Printed receipts: lines of text become sales as a ``ReceiptProfile`` says.

``templates`` is the language of the profiles, ``Finder`` applies it, ``TillReceipts`` makes sales
of what was found. Where receipts are kept in a file, ``TextJournalReader`` reads them there.
"""

from agent.capture.pos.receipts.finding import Finder, Finding
from agent.capture.pos.receipts.journal import TextJournalReader
from agent.capture.pos.receipts.profile import LineForm, ReceiptProfile
from agent.capture.pos.receipts.reading import TillReceipts, text_sha256
from agent.capture.pos.receipts.templates import Compiler, Kind, Template

__all__ = [
    "Compiler",
    "Finder",
    "Finding",
    "Kind",
    "LineForm",
    "ReceiptProfile",
    "Template",
    "TextJournalReader",
    "TillReceipts",
    "text_sha256",
]
