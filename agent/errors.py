"""The agent's errors; the base class says what to do next.

AgentError
  TransientError        try again, with back-off
    BrokerUnavailable
    CloudUnavailable
    OutboxBusy
    OutboxRenewed
    CameraLost
    CameraStalled
    NetworkUnavailable
  InvalidInput          quarantine, never retry
    UnreadableInput
    EventTooLarge
    CameraUnreadable
    BadLine
    BadZone
  FaultyDevice          stop and ask for help
    BadConfiguration
    BrokerRefusedLogin
    OutboxCorrupt
      OutboxDamaged     set aside and salvaged by the outbox itself
    DiskUnusable
      OutboxFull        by its budget, not by the disk
    NetworkMissing
    NetworkMismatch
    VisionNotInstalled
"""

from __future__ import annotations


class AgentError(Exception):
    """Any error the agent raises on purpose."""


class TransientError(AgentError):
    """Try again, with back-off; nothing is lost by waiting."""


class InvalidInput(AgentError):
    """These bytes will never be accepted: quarantine them with the reason, never retry."""


class FaultyDevice(AgentError):
    """Only a person can mend this: stop the part concerned and say what to do."""


class BrokerUnavailable(TransientError):
    """No broker of the list could be reached."""


class CloudUnavailable(TransientError):
    """The cloud's HTTPS interface did not answer usefully."""


class OutboxBusy(TransientError):
    """Another process holds the outbox's write lock for too long."""


class OutboxRenewed(TransientError):
    """The outbox was salvaged and goes on under a fresh epoch: begin the connection anew."""


class CameraLost(TransientError):
    """A camera does not answer, or vanished while we watched."""


class CameraStalled(TransientError):
    """A camera is open and sends no pictures."""


class NetworkUnavailable(TransientError):
    """No source could give a network's file now."""


class UnreadableInput(InvalidInput):
    """A file or message from a till cannot be read as what its profile says it is."""


class EventTooLarge(InvalidInput):
    """One event exceeds what the wire allows."""


class CameraUnreadable(InvalidInput):
    """A clip is missing, empty, or of a kind that cannot be decoded."""


class BadLine(InvalidInput):
    """A counting line is malformed, has no length, or lies outside the picture."""


class BadZone(InvalidInput):
    """A zone is malformed, no simple polygon, or lies outside the picture."""


class BadConfiguration(FaultyDevice):
    """A setting is unknown, missing or of the wrong kind; the message names key and file."""


class BrokerRefusedLogin(FaultyDevice):
    """The broker knows us and says no: wrong password or not enrolled."""


class OutboxCorrupt(FaultyDevice):
    """The outbox file cannot be read as one of ours."""


class OutboxDamaged(OutboxCorrupt):
    """Pages, tables or events of our own outbox are lost; what is left can be salvaged."""


class DiskUnusable(FaultyDevice):
    """The disk is full, read-only or gone; the message names the path."""


class OutboxFull(DiskUnusable):
    """No budget of the outbox has room for these events; whoever captured them keeps them."""


class NetworkMissing(FaultyDevice):
    """No network is in the cache; it has to be pulled."""


class NetworkMismatch(FaultyDevice):
    """A network's bytes are not those that its manifest names: they are not used."""


class VisionNotInstalled(FaultyDevice):
    """The libraries that look at pictures are not installed on this box."""
