"""The cloud's errors; the base class says what to do next.

CloudError
  TransientError        try again, with back-off
    BrokerUnavailable
    DatabaseUnavailable
  InvalidInput          answer with a problem document, or dead-letter; never retry
    NotFound
    Forbidden
    Conflict
  FaultyService         stop and ask for help
    BadConfiguration
    BrokerRefusedLogin
    SchemaMismatch
"""

from __future__ import annotations


class CloudError(Exception):
    """Any error the cloud raises on purpose."""


class TransientError(CloudError):
    """Try again, with back-off; nothing is lost by waiting."""


class InvalidInput(CloudError):
    """What was asked can never succeed as it stands."""


class FaultyService(CloudError):
    """Only a person can mend this: stop the part concerned and say what to do."""


class BrokerUnavailable(TransientError):
    """The broker cannot be reached or did not start in time."""


class DatabaseUnavailable(TransientError):
    """The database cannot be reached or is locked for too long."""


class NotFound(InvalidInput):
    """The named thing does not exist, or this caller may not know that it does."""


class Forbidden(InvalidInput):
    """The caller is known and may not do this."""


class Conflict(InvalidInput):
    """The thing exists already, with other content."""


class BadConfiguration(FaultyService):
    """A setting is unknown, missing or of the wrong kind; the message names key and file."""


class BrokerRefusedLogin(FaultyService):
    """The broker refuses our login; the message names user and broker."""


class SchemaMismatch(FaultyService):
    """The database was made by another version; the message names both and the next step."""
