"""The sources that the manifest names for a network, made ready to be asked."""

from __future__ import annotations

from typing import assert_never

from agent.networks.meter import Progress
from agent.networks.npm import NpmSource
from agent.networks.port import Source
from agent.networks.release import Patience, ReleaseSource
from models.vision.manifest import Network, NpmPackage, Release


def sources_of(network: Network, patience: Patience, progress: Progress) -> list[Source]:
    """A network's own sources, in the manifest's order."""
    return [_source(each, patience, progress) for each in network.sources]


def _source(source: Release | NpmPackage, patience: Patience, progress: Progress) -> Source:
    match source:
        case Release():
            return ReleaseSource(source.url, patience, progress)
        case NpmPackage():
            return NpmSource(source, progress)
        case _:
            assert_never(source)
