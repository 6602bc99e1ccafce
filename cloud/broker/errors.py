"""What can be wrong with the embedded broker or a login, and what to do next.

InvalidInput       InvalidLogin, WeakSecret
BadConfiguration   PortTaken, DirectoryInUse
FaultyService      BrokerMissing, BrokerRefusedConfig
TransientError     cloud.errors.BrokerUnavailable: it did not serve in time
"""

from __future__ import annotations

from cloud.errors import BadConfiguration, FaultyService, InvalidInput


class InvalidLogin(InvalidInput):
    """A login's name, path or hash cannot be written into a broker's configuration."""


class WeakSecret(InvalidInput):
    """A secret is not one of our random tokens; cheap hashing is safe only for those."""


class PortTaken(BadConfiguration):
    """The broker cannot listen on its address; the message names address and next step."""


class DirectoryInUse(BadConfiguration):
    """Another live process runs a broker in this directory; the message names both."""


class BrokerMissing(FaultyService):
    """The broker's program is not installed; the message names the package that brings it."""


class BrokerRefusedConfig(FaultyService):
    """The broker's program ended at start; the message holds its last words."""
