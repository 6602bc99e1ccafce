"""The tenant's key of the cashiers' pseudonyms on this box: from a file, or from the cloud.

The cloud seals it to a key pair that lives as long as this process, with every welcome. What came
is kept under the master key for the next start, and only for the tenant it came from: a box that
changes hands does not name the new owner's cashiers by the old one's key. The box never makes a key
of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from agent.config import AgentConfig
from agent.config.operator_key import OPERATOR_KEY_BYTES, read_operator_key
from agent.health.status.tills import OperatorKeyOrigin, OperatorsStatus
from models.durable import write_whole
from models.runtime.logs import get_logger
from models.vault.blob import BlobSealer
from models.vault.errors import SealBroken, VaultError
from models.vault.exchange import Recipient
from models.vault.master import MasterKey
from models.wire.ack import Welcome, operator_key_place
from models.wire.ids import DevicePath

_LOG = get_logger(__name__)

_PURPOSE: Final = "operator key"
_REFUSED: Final = "wait for the next welcome, or restart the agent; is another box under our name?"


class OperatorKeeper:
    """Gives the key in force. ``take`` is the sync thread's, the rest any thread's."""

    def __init__(
        self, device: DevicePath, kept: KeptKey, recipient: Recipient | None, given: bytes | None
    ) -> None:
        """Take up what is kept, unless somebody has given a key.

        Args:
            device: which we are.
            kept: where the cloud's key lies between two starts.
            recipient: whom the cloud seals it to; None on a box that captures no sales.
            given: of ``operator_key_file``; it stands before any other.
        """
        self._device = device
        self._kept = kept
        self._recipient = recipient if given is None else None
        self._given = given
        self._from_cloud = kept.read() if self._recipient else None
        self._refused = ""

    @classmethod
    def of(cls, config: AgentConfig, master: MasterKey) -> OperatorKeeper:
        """The keeper of this box.

        Raises:
            BadConfiguration: ``operator_key_file`` is no such key, or others can read it.
        """
        device = config.device
        file = device.operator_key_file
        return cls(
            device.path,
            KeptKey(config.operator_key_kept, BlobSealer(master, _PURPOSE), device.tenant),
            Recipient() if config.captures_sales else None,
            None if file is None else read_operator_key(file),
        )

    def __repr__(self) -> str:
        return f"OperatorKeeper({self.status().key})"

    def key(self) -> bytes | None:
        """The key in force; None where there is none."""
        return self._given or self._from_cloud

    @property
    def seal_to(self) -> str:
        """What a birth asks with; empty where no key is wanted of the cloud."""
        return self._recipient.public if self._recipient else ""

    def status(self) -> OperatorsStatus:
        """Where the key is from, and why the last one that came is not in force."""
        if self._given is not None:
            return OperatorsStatus(key=OperatorKeyOrigin.FILE)
        came = self._from_cloud is not None
        origin = OperatorKeyOrigin.CLOUD if came else OperatorKeyOrigin.NONE
        return OperatorsStatus(key=origin, refused=self._refused)

    def take(self, welcome: Welcome) -> None:
        """Put the key of a welcome to our birth into force, or leave the last good one there."""
        if self._recipient is None or not welcome.operator_key:
            return
        place = operator_key_place(self._device, welcome.birth)
        try:
            key = self._recipient.open(welcome.operator_key, place)
        except SealBroken as error:
            self._refuse(str(error))
            return
        if len(key) != OPERATOR_KEY_BYTES:
            self._refuse(f"{place}: {len(key)} bytes and not {OPERATOR_KEY_BYTES}")
            return
        self._refused = ""
        if key != self._from_cloud:
            _LOG.info("operator_key_taken", instead_of_another=self._from_cloud is not None)
            self._from_cloud = key
            self._kept.write(key)

    def _refuse(self, reason: str) -> None:
        self._refused = reason
        _LOG.warning(
            "operator_key_refused",
            reason=reason,
            in_force=self.status().key.value,
            next_step=_REFUSED,
        )


class KeptKey:
    """One key in a file of its owner alone, sealed for one tenant."""

    def __init__(self, path: Path, sealer: BlobSealer, tenant: str) -> None:
        self._path = path
        self._sealer = sealer
        self._tenant = tenant

    def read(self) -> bytes | None:
        """The key; None where there is none for this tenant. It will come again."""
        try:
            return self._sealer.open(self._path.read_bytes(), self._tenant)
        except FileNotFoundError:
            return None
        except (OSError, VaultError) as error:
            _LOG.warning("operator_key_unreadable", path=str(self._path), error=str(error))
            return None

    def write(self, key: bytes) -> None:
        """Keep it through restarts; where the disk does not let us, it comes again after one."""
        try:
            write_whole(self._path, self._sealer.seal(key, self._tenant), private=True)
        except OSError as error:
            _LOG.warning("operator_key_not_kept", path=str(self._path), error=error.strerror)
