"""Runs in an environment of its own that has ``trackers``: see ``bytetrack``.

Follows the boxes of a file once for every line that comes in, and answers with a line when it is
done; the end of the input ends it. Imports nothing of ours.
"""

from __future__ import annotations

import math
import sys

import numpy as np


def main(file: str) -> None:
    import supervision  # type: ignore[import-not-found]  # noqa: PLC0415 - not ours
    from trackers import ByteTrackTracker  # type: ignore[import-not-found]  # noqa: PLC0415

    given = np.load(file)
    ends = np.cumsum(given["counts"])[:-1]
    pictures = [
        supervision.Detections(xyxy=boxes, confidence=scores)
        for boxes, scores in zip(
            np.split(given["boxes"], ends), np.split(given["scores"], ends), strict=True
        )
    ]
    sure_score = float(given["sure_score"])
    names = ("track_activation_threshold", "high_conf_det_threshold")
    scores = {} if math.isnan(sure_score) else dict.fromkeys(names, sure_score)
    for _ in sys.stdin:
        tracker = ByteTrackTracker(frame_rate=float(given["fps"]), **scores)
        for picture in pictures:
            tracker.update(picture)
        print("followed", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
