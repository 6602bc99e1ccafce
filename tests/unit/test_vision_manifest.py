"""The manifest of networks: read strictly, complete, and the judge of every network's bytes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from models import vision
from models.vision.manifest import (
    Decoder,
    Fit,
    ManifestError,
    NpmPackage,
    Release,
    UnknownNetwork,
    WrongBytes,
    digest,
    read_manifest,
    verify,
)
from tests.simulators import known_networks

CARDS = Path(vision.__file__).parent / "cards"
SHIPPED = CARDS.with_name("networks.toml")
CONTENT = b"the bytes of a network"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """The shipped manifest with one thing changed."""
    text = SHIPPED.read_text("utf-8")
    assert old in text
    path = tmp_path / "networks.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


def test_the_shipped_manifest_prefers_yolox_and_has_one_that_registries_carry() -> None:
    preferred, other = read_manifest().networks
    assert (preferred.name, preferred.decoder) == ("yolox-nano-416", Decoder.YOLOX)
    assert (preferred.input.fit, other.input.fit) == (Fit.LETTERBOX, Fit.STRETCH)
    assert isinstance(preferred.sources[0], Release)
    assert isinstance(other.sources[0], NpmPackage)
    assert len(other.sources[0].tensors) == len(other.outputs)


def test_every_network_has_a_card_that_names_its_pin_and_every_card_a_network() -> None:
    networks = read_manifest().networks
    assert {card.stem for card in CARDS.glob("*.md")} == {network.name for network in networks}
    for network in networks:
        card = (CARDS / f"{network.name}.md").read_text("utf-8")
        assert network.sha256 in card
        assert network.licence in card


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('licence = "Apache-2.0"\n', "", "`licence`"),
        ('licence = "Apache-2.0"', 'license = "Apache-2.0"', "`license`"),
        ('sha256 = "c', 'sha256 = "C', "sha256"),
        ("size_bytes = 3659407", "size_bytes = 0", "size_bytes"),
        ('layout = "nchw"', 'layout = "nhcw"', "nhcw"),
        ('decoder = "yolox"', 'decoder = "yolo"', "yolo"),
        ('kind = "release"', 'kind = "torrent"', "torrent"),
        ('url = "https://', 'url = "http://', "url"),
        ('file = "yolox-nano-416.onnx"', 'file = "../yolox-nano-416.onnx"', "file"),
        ('"ssd-mobilenet-v2-coco-300"', '"yolox-nano-416"', "yolox-nano-416 is given twice"),
        ("person = 0", "person = 80", "person = 80 is not one of 80 columns"),
        ("[[network]]", "[[network", "Expected"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(ManifestError) as refused:
        read_manifest(path)
    assert str(path) in str(refused.value)
    assert complaint in str(refused.value)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"elsewhere\.toml"):
        read_manifest(tmp_path / "elsewhere.toml")


def test_a_network_cannot_be_changed_once_it_was_read() -> None:
    network = read_manifest().networks[0]
    with pytest.raises(AttributeError):
        network.sha256 = "0" * 64  # type: ignore[misc]  # what the test is about
    assert hash(network) == hash(msgspec.structs.replace(network))


def test_networks_are_found_by_name() -> None:
    manifest = read_manifest()
    assert manifest.network("yolox-nano-416") is manifest.networks[0]
    with pytest.raises(UnknownNetwork, match=r"no network is called 'yolo'.*yolox-nano-416"):
        manifest.network("yolo")


def test_bytes_are_the_network_when_size_and_digest_agree(tmp_path: Path) -> None:
    network = known_networks.network(CONTENT)
    file = tmp_path / "any name"
    file.write_bytes(CONTENT)
    verify(file, network)
    assert digest(file) == network.sha256


@pytest.mark.parametrize(
    ("content", "expected", "found"),
    [
        (CONTENT[:-1], "22 bytes", "21 bytes"),
        (CONTENT.upper(), "SHA-256 ", "…"),
        (b"", "22 bytes", "0 bytes"),
    ],
)
def test_other_bytes_are_refused_and_the_difference_is_named(
    tmp_path: Path, content: bytes, expected: str, found: str
) -> None:
    file = tmp_path / "first.onnx"
    file.write_bytes(content)
    with pytest.raises(WrongBytes) as refused:
        verify(file, known_networks.network(CONTENT))
    assert str(file) in str(refused.value)
    assert refused.value.expected.startswith(expected)
    assert refused.value.found.endswith(found)
