"""The key of a tenant's cashiers' pseudonyms, and its way to the tenant's boxes.

It is the same for all shops of a tenant and follows from the master key, so there is nothing to
keep and nothing to forget. A box gets it with its welcome, sealed to the public key that its birth
names. Whose key it gets is decided by the topic that the birth came on, which a device cannot
choose, and by nothing that the birth says.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from models.runtime.logs import get_logger
from models.vault.errors import BadRecipient
from models.vault.exchange import seal_to
from models.vault.master import MasterKey
from models.wire.ack import operator_key_place
from models.wire.birth import Birth
from models.wire.ids import DevicePath, TenantId

_LOG = get_logger(__name__)


class OperatorKeys:
    """Knows every tenant's key. Safe for several threads."""

    def __init__(self, master: MasterKey, random: Callable[[int], bytes] = os.urandom) -> None:
        self._master = master
        self._random = random

    def of(self, tenant: TenantId) -> bytes:
        """A tenant's key: 32 bytes, the same for ever under one master key. A secret."""
        return self._master.derive(f"lianke operators {tenant}")

    def answer(self, device: DevicePath, birth: Birth) -> str:
        """The key of the device's tenant, for this birth of this device alone.

        Empty where it asks for none, or with something that is no public key: what else a welcome
        brings must not wait for that.
        """
        if not birth.seal_to:
            return ""
        place = operator_key_place(device, birth.birth)
        try:
            return seal_to(birth.seal_to, self.of(device.tenant), place, self._random)
        except BadRecipient as error:
            _LOG.warning("operator_key_not_sent", device=device.prefix, error=str(error))
            return ""
