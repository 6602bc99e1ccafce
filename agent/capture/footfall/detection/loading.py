"""From a network's file to a detector."""

from __future__ import annotations

from agent.capture.footfall.detection.detector import Detector
from agent.capture.footfall.detection.people import OnnxDetector
from agent.errors import NetworkMismatch, NetworkMissing
from agent.networks import InstalledNetwork
from models.vision.manifest import WrongBytes, verify


def load_detector(installed: InstalledNetwork) -> Detector:
    """Verify a network's bytes once more and load them; call ``require_vision`` before importing.

    Raises:
        NetworkMissing: the file is not there, or cannot be read.
        NetworkMismatch: its bytes are not those of the manifest, or onnxruntime finds another
            network in them than the manifest describes.
    """
    network, file = installed.network, installed.file
    try:
        verify(file, network)
    except OSError as error:
        raise NetworkMissing(
            f"{file} cannot be read ({error.strerror}): run lianke-agent models pull"
        ) from error
    except WrongBytes as error:
        raise NetworkMismatch(f"{error}: run lianke-agent models pull") from error
    return OnnxDetector(network, file)
