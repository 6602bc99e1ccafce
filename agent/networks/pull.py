"""Makes sure that networks are in the cache, from the first source that can give them.

Pulling twice is pulling once: what is here and verified is left alone. A source that fails is one
line in the report, and the next one is asked; bytes that do not match their pin count as failed,
whoever gave them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from agent.errors import NetworkMismatch, NetworkUnavailable
from agent.networks.cache import InstalledNetwork, NetworkCache, Standing
from agent.networks.port import Source
from models.vision.manifest import Network

_NEXT_STEP = (
    "connect this device or ask its network's keeper; or carry a file here and run "
    "lianke-agent models pull --from FOLDER"
)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A network that is here now.

    Attributes:
        installed: network and file.
        origin: the source that gave it; empty when it was here before.
    """

    installed: InstalledNetwork
    origin: str = ""


@dataclass(slots=True)
class _Refusals:
    """Why sources did not give what they were asked for, in the order of asking."""

    lines: list[str] = field(default_factory=list)
    mismatch: bool = False

    def add(self, network: Network, source: Source, error: Exception) -> None:
        self.lines.append(f"  {network.name} from {source.name}: {error}")
        self.mismatch = self.mismatch or isinstance(error, NetworkMismatch)

    def error(self, what: str) -> NetworkMismatch | NetworkUnavailable:
        """What to raise: wrong bytes want a person, everything else another try."""
        kind = NetworkMismatch if self.mismatch else NetworkUnavailable
        return kind("\n".join([f"no source could give {what}", *self.lines, _NEXT_STEP]))


class Pull:
    """Fetches into one cache."""

    def __init__(
        self,
        cache: NetworkCache,
        near: Sequence[Source],
        far: Callable[[Network], Sequence[Source]],
    ) -> None:
        """A pull that has asked nothing yet.

        Args:
            cache: where networks go.
            near: folders, asked first and for every network.
            far: what the manifest names for a network, the best first.
        """
        self._cache = cache
        self._near = near
        self._far = far

    def one(self, name: str) -> Pulled:
        """Make sure of one network; a damaged file is replaced.

        Raises:
            BadConfiguration: the manifest has no network of this name.
            NetworkUnavailable: no source can give it; the message has a line for each.
            NetworkMismatch: likewise, and one of them gave wrong bytes.
            DiskUnusable: the cache cannot be written.
        """
        network = self._cache.network(name)
        refusals = _Refusals()
        pulled = self._standing(network) or self._ask(network, self._sources(network), refusals)
        if pulled is None:
            raise refusals.error(network.name)
        return pulled

    def first(self) -> Pulled:
        """Make sure that there is any network, the preferred one if it can be had.

        One that is here is enough: no distant source is asked then, so that a device whose site
        reaches nothing but a registry does not wait for the rest of the world at every start.

        Raises:
            NetworkUnavailable, NetworkMismatch, DiskUnusable: as ``one``.
        """
        refusals = _Refusals()
        networks = self._cache.manifest.networks
        for network in networks:
            pulled = self._standing(network) or self._ask(network, self._near, refusals)
            if pulled is not None:
                return pulled
        for network in networks:
            pulled = self._ask(network, self._far(network), refusals)
            if pulled is not None:
                return pulled
        raise refusals.error("a network")

    def every(self) -> list[Pulled]:
        """Make sure of all networks; tries all of them before it raises.

        Raises:
            NetworkUnavailable, NetworkMismatch, DiskUnusable: as ``one``; what could be had is
                installed all the same.
        """
        refusals, absent, pulled = _Refusals(), list[str](), list[Pulled]()
        for network in self._cache.manifest.networks:
            got = self._standing(network) or self._ask(network, self._sources(network), refusals)
            if got is None:
                absent.append(network.name)
            else:
                pulled.append(got)
        if absent:
            raise refusals.error(", ".join(absent))
        return pulled

    def _sources(self, network: Network) -> list[Source]:
        return [*self._near, *self._far(network)]

    def _standing(self, network: Network) -> Pulled | None:
        here = self._cache.look(network)
        if here.standing is not Standing.SOUND:
            return None
        return Pulled(InstalledNetwork(network, here.file))

    def _ask(
        self, network: Network, sources: Sequence[Source], refusals: _Refusals
    ) -> Pulled | None:
        for source in sources:
            try:
                installed = self._cache.receive(network, partial(source.write, network))
            except (NetworkUnavailable, NetworkMismatch) as error:
                refusals.add(network, source, error)
            else:
                return Pulled(installed, source.name)
        return None
