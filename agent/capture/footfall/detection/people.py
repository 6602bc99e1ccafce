"""The detector: a network, what it wants to see, and how its answer is read."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from agent.capture.footfall.detection.decoding import AnswerDecoder
from agent.capture.footfall.detection.detections import Detections, no_detections
from agent.capture.footfall.detection.detector import FLOOR, Picture
from agent.capture.footfall.detection.letterbox import Letterbox
from agent.capture.footfall.detection.session import OnnxSession
from agent.capture.footfall.detection.ssd import SsdDecoder
from agent.capture.footfall.detection.suppression import suppress
from agent.capture.footfall.detection.yolox import YoloxDecoder
from models.vision.manifest import Decoder, Network


class OnnxDetector:
    """Finds people with one network; a ``Detector``. Used by one thread.

    It keeps one input buffer, so its memory does not grow with the pictures it has seen.

    Args:
        network: the manifest's entry.
        file: its bytes, already verified.

    Raises:
        NetworkMismatch: the file is not what the manifest says of it.
    """

    def __init__(self, network: Network, file: Path) -> None:
        self._letterbox = Letterbox(network.input)
        self._session = OnnxSession(network, file)
        self._decoder = decoder_of(network)
        self._reading = network.reading
        # The first run allocates what later ones reuse, and shows what comes back.
        self._session.check_answers(self._letterbox.blob, self._decoder.shapes)

    def detect(self, picture: Picture) -> Detections:
        """Everybody with a score of FLOOR or more, in the picture's pixels, best first."""
        scale = self._letterbox.fit(picture)
        answers = self._session.run(self._letterbox.blob)
        boxes, scores = self._decoder.decode(answers, FLOOR / self._reading.trust)
        if not len(scores):
            return no_detections()
        return suppress(boxes / scale, scores * self._reading.trust, self._reading.overlap)


def decoder_of(network: Network) -> AnswerDecoder:
    """The decoder that the manifest names."""
    match network.decoder:
        case Decoder.YOLOX:
            return YoloxDecoder(network)
        case Decoder.SSD:
            return SsdDecoder(network)
        case _:
            assert_never(network.decoder)
