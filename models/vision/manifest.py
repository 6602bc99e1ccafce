"""What a network must say of itself, and the check that its bytes are the ones we mean.

The manifest is the only place that knows a network's bytes, input and sources. It is read strictly:
an unknown or missing key, a malformed digest or a name given twice stops the reader. A file counts
as a network when its size and its SHA-256 are those of the manifest, whatever it is called and
wherever it came from.

Standard library and msgspec only: the running agent imports this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec

_MANIFEST: Final = Path(__file__).with_name("networks.toml")
_CHUNK_BYTES: Final = 1 << 20

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
FileName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]*\.onnx$", max_length=80)]
Positive = Annotated[int, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Column = Annotated[int, msgspec.Meta(ge=0)]
SecureUrl = Annotated[str, msgspec.Meta(pattern="^https://")]


class ManifestError(ValueError):
    """The manifest cannot be used; the message names the key and what is wrong with it."""


class UnknownNetwork(ValueError):
    """The manifest has no network of this name; the message lists those it has."""


class WrongBytes(ValueError):
    """A file is not the network it should be; the message names both sizes or digests, shortened.

    Attributes:
        expected: of the manifest, ``3659407 bytes`` or the first twelve digits of the SHA-256.
        found: of the file, likewise.
    """

    def __init__(self, network: str, file: Path, expected: str, found: str) -> None:
        super().__init__(f"{file} is not {network}: expected {expected}, found {found}")
        self.expected = expected
        self.found = found


class Layout(StrEnum):
    """Order of the input's axes; the first is always a batch of one."""

    NCHW = "nchw"
    NHWC = "nhwc"


class Colour(StrEnum):
    """Order of the input's three channels."""

    BGR = "bgr"
    RGB = "rgb"


class Fit(StrEnum):
    """How a picture of any size becomes one of the input's size.

    ``letterbox`` keeps its proportions: scaled by min(width / w, height / h), placed at the top
    left, the rest filled with 114 in every channel. ``stretch`` scales both axes for themselves.
    """

    LETTERBOX = "letterbox"
    STRETCH = "stretch"


class Decoder(StrEnum):
    """How the outputs are read.

    ``yolox``: one output (1, cells, 5 + columns), undecoded: centre x, y and size w, h to be
    decoded over grids of stride 8, 16 and 32, then objectness, then class scores, sigmoid applied.
    ``ssd``: two outputs, boxes (1, anchors, 1, 4) as y1, x1, y2, x2 in shares of the picture, and
    scores (1, anchors, columns), sigmoid applied. Neither suppresses overlapping boxes.
    """

    YOLOX = "yolox"
    SSD = "ssd"


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The picture that a network reads: float32, 0 to 255, not normalised, one per call.

    Attributes:
        name: of the ONNX input.
        layout: order of the axes.
        colour: order of the channels.
        fit: how a picture gets this size.
        width: in pixels.
        height: in pixels.
    """

    name: str
    layout: Layout
    colour: Colour
    fit: Fit
    width: Positive
    height: Positive


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The class scores that a network gives.

    Attributes:
        columns: how many classes it scores.
        person: the column of "person", the only class that is counted; from 0.
    """

    columns: Positive
    person: Column

    def __post_init__(self) -> None:
        """A column that is not there would count something else as people."""
        if self.person >= self.columns:
            raise ValueError(f"person = {self.person} is not one of {self.columns} columns")


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far the answers are believed, so that networks of different temper count alike.

    Attributes:
        overlap: intersection over union from which two boxes are one person.
        trust: what scores are multiplied by, so that a score of 0.35, from which on tracking
            believes a box, means about as much as one of the first network's.
    """

    overlap: Share = 0.45
    trust: Share = 1.0


class Release(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    tag_field="kind",
    tag="release",
):
    """The very file, published by those who made the network.

    Attributes:
        url: where it is; redirects may lead elsewhere, but never off HTTPS.
    """

    url: SecureUrl


class NpmPackage(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    tag_field="kind",
    tag="npm",
):
    """A package that carries the network as a TensorFlow.js graph, to be converted.

    Attributes:
        package: its name.
        version: exactly this one.
        sha256: of the package's tarball.
        size_bytes: of the package's tarball.
        graph: the ``model.json`` in the tarball; its weight shards lie beside it.
        picture: the tensor that the network's input replaces; what makes it is left out.
        tensors: the tensors that become the network's outputs, in the order of its ``outputs``.
    """

    package: str
    version: str
    sha256: Sha256
    size_bytes: Positive
    graph: str
    picture: str
    tensors: tuple[str, ...]


Source: TypeAlias = Release | NpmPackage


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One network: its bytes, its meaning, its origin.

    Attributes:
        name: how configuration, events and people call it; names the network for ever, so new
            bytes get a new name.
        file: what its file is called in a cache.
        sha256: of the ONNX file.
        size_bytes: of the ONNX file.
        licence: SPDX identifier of the weights' licence.
        input: the picture it reads.
        decoder: how its outputs are read.
        outputs: the ONNX outputs that its decoder reads, in the decoder's order.
        labels: its class scores.
        reading: how far its answers are believed.
        sources: where its bytes may come from, the best first.
    """

    name: Name
    file: FileName
    sha256: Sha256
    size_bytes: Positive
    licence: str
    input: Input
    decoder: Decoder
    outputs: tuple[str, ...]
    labels: Labels
    reading: Reading = Reading()
    sources: tuple[Source, ...] = msgspec.field(name="source")


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every network we may run, the preferred one first."""

    networks: Annotated[tuple[Network, ...], msgspec.Meta(min_length=1)] = msgspec.field(
        name="network"
    )

    def __post_init__(self) -> None:
        """Names, files and digests each lead to one network."""
        for kind in ("name", "file", "sha256"):
            values = [getattr(network, kind) for network in self.networks]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{kind} {twice[0]} is given twice")

    def network(self, name: str) -> Network:
        """The network of this name.

        Raises:
            UnknownNetwork: there is none.
        """
        for network in self.networks:
            if network.name == name:
                return network
        known = ", ".join(network.name for network in self.networks)
        raise UnknownNetwork(f"no network is called {name!r}; the manifest has {known}")


def read_manifest(path: Path = _MANIFEST) -> Manifest:
    """Read a manifest; without a path, the one that is shipped.

    Raises:
        ManifestError: it is missing, not TOML, or says something it may not.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise ManifestError(f"{path}: {error}") from error


def digest(file: Path) -> str:
    """The SHA-256 of a file in hexadecimal digits, read in pieces.

    Raises:
        OSError: it cannot be read.
    """
    found = hashlib.sha256()
    for piece in _pieces(file):
        found.update(piece)
    return found.hexdigest()


def verify(file: Path, network: Network) -> None:
    """Make sure that a file holds exactly a network's bytes.

    Raises:
        WrongBytes: size or digest differ from the manifest's.
        OSError: it cannot be read.
    """
    size_bytes = file.stat().st_size
    if size_bytes != network.size_bytes:
        raise WrongBytes(network.name, file, f"{network.size_bytes} bytes", f"{size_bytes} bytes")
    found = digest(file)
    if found != network.sha256:
        raise WrongBytes(network.name, file, f"SHA-256 {network.sha256[:12]}…", f"{found[:12]}…")


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_CHUNK_BYTES):
            yield piece
