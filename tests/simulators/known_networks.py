"""Networks for tests: any bytes, with a manifest that pins them."""

from __future__ import annotations

from hashlib import sha256

from models.vision.manifest import (
    Colour,
    Decoder,
    Fit,
    Input,
    Labels,
    Layout,
    Manifest,
    Network,
    Source,
)


def network(content: bytes, name: str = "first", *sources: Source) -> Network:
    """A network that has just these bytes."""
    return Network(
        name=name,
        file=f"{name}.onnx",
        sha256=sha256(content).hexdigest(),
        size_bytes=len(content),
        licence="Apache-2.0",
        input=Input(
            name="pictures",
            layout=Layout.NHWC,
            colour=Colour.RGB,
            fit=Fit.STRETCH,
            width=9,
            height=7,
        ),
        decoder=Decoder.SSD,
        outputs=("boxes", "scores"),
        labels=Labels(columns=2, person=0),
        sources=sources,
    )


def manifest(*networks: Network) -> Manifest:
    """A manifest of these networks, the preferred one first."""
    return Manifest(networks=networks)
