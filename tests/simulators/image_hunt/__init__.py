"""Finds pictures where none may be: files, logs, metrics, messages.

    hunter = Hunter(PixelPrints.of(decoded(clip), letterbox_of(network)))
    finds = hunter.hunt([Exhibit("agent.log", log.read_bytes())])

It knows a picture by the beginning of an image or video file, or by pixels that the camera really
saw; bare or inside zstd, gzip, zip, base64, hex, escapes and lists of numbers. Strongly encrypted
bytes tell it nothing, so the caller looks at them before they are encrypted.
"""

from tests.simulators.image_hunt.evidence import Exhibit, files_below, held_files
from tests.simulators.image_hunt.hunter import Find, Hunter
from tests.simulators.image_hunt.pictures import decoded, letterbox_of
from tests.simulators.image_hunt.prints import PixelPrints

__all__ = [
    "Exhibit",
    "Find",
    "Hunter",
    "PixelPrints",
    "decoded",
    "files_below",
    "held_files",
    "letterbox_of",
]
