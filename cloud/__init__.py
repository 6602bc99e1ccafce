"""The cloud service: one ledger of what happened in the shops, and everything derived from it."""

__version__ = "0.1.0"
