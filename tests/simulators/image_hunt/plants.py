"""The forms in which a picture could get out: what the control plants, and the hunter must find."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote_from_bytes

import cv2
import numpy as np
import zstandard
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def encoded(picture: Picture, suffix: str) -> bytes:
    """The picture as an image file."""
    done, content = cv2.imencode(suffix, picture)
    assert done, f"OpenCV writes no {suffix}"
    return bytes(content.tobytes())


def _jpeg(picture: Picture) -> bytes:
    return encoded(picture, ".jpg")


def _gif(picture: Picture) -> bytes:
    """The beginning of one: OpenCV may be built without it."""
    sides = np.array(picture.shape[1::-1], "<u2").tobytes()
    return b"GIF89a" + sides + b"\xf7\x00\x00" + picture[:, :, 0].tobytes()


def _lines_of_76(picture: Picture) -> bytes:
    return base64.encodebytes(_jpeg(picture))


def _zipped(picture: Picture) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("frame.raw", picture.tobytes())
    return out.getvalue()


def _numpy_file(picture: Picture) -> bytes:
    out = io.BytesIO()
    np.save(out, picture)
    return out.getvalue()


def _crop(picture: Picture) -> bytes:
    """A person out of the middle: a third of the width, half of the height."""
    height, width = picture.shape[:2]
    part = picture[height // 4 : height * 3 // 4, width // 3 : width * 2 // 3]
    return np.ascontiguousarray(part).tobytes()


def _nested(picture: Picture) -> bytes:
    said = {"thumbnail": base64.b64encode(encoded(picture, ".png")).decode()}
    return zstandard.compress(json.dumps(said).encode())


BYTES: Final[dict[str, Callable[[Picture], bytes]]] = {
    "jpeg": _jpeg,
    "jpeg, its first kilobyte": lambda picture: _jpeg(picture)[:1024],
    "png": lambda picture: encoded(picture, ".png"),
    "bmp": lambda picture: encoded(picture, ".bmp"),
    "webp": lambda picture: encoded(picture, ".webp"),
    "gif": _gif,
    "bgr": lambda picture: picture.tobytes(),
    "rgb": lambda picture: picture[..., ::-1].tobytes(),
    "grey": lambda picture: cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).tobytes(),
    "planes": lambda picture: picture.transpose(2, 0, 1).tobytes(),
    "crop": _crop,
    "numpy file": _numpy_file,
    "zip": _zipped,
    "gzip": lambda picture: gzip.compress(picture.tobytes()),
    "zstd": lambda picture: zstandard.compress(picture.tobytes()),
    "zstd of base64 of png": _nested,
}
"""Plants of any bytes."""

TEXTS: Final[dict[str, Callable[[Picture], bytes]]] = {
    "base64 of jpeg": lambda picture: base64.b64encode(_jpeg(picture)),
    "base64 of bgr": lambda picture: base64.b64encode(picture.tobytes()),
    "base64 in lines": _lines_of_76,
    "base64 in lines in json": lambda picture: json.dumps(_lines_of_76(picture).decode()).encode(),
    "url-safe base64": lambda picture: base64.urlsafe_b64encode(_jpeg(picture)),
    "data uri": lambda p: b"data:image/jpeg;base64," + base64.b64encode(_jpeg(p)),
    "hex of jpeg": lambda picture: _jpeg(picture).hex().encode(),
    "hex of bgr": lambda picture: picture.tobytes().hex(" ").upper().encode(),
    "repr of jpeg": lambda picture: repr(_jpeg(picture)).encode(),
    "latin text in json": lambda p: json.dumps(_jpeg(p).decode("latin-1")).encode(),
    "latin text": lambda picture: _jpeg(picture).decode("latin-1").encode(),
    "percent signs": lambda picture: quote_from_bytes(_jpeg(picture)).encode(),
    "numbers": lambda picture: json.dumps(picture[:4].tolist()).encode(),
}
"""Plants that a log line, a label or a JSON document can carry."""

ALL: Final = BYTES | TEXTS


def letterboxed(boxed: NDArray[Any]) -> bytes:
    """What the network is shown: planes of float32."""
    return np.ascontiguousarray(boxed.transpose(2, 0, 1), dtype=np.float32).tobytes()
