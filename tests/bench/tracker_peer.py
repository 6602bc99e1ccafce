"""Runs in an environment of its own that has ``trackers``: see ``tracker_peers``.

Follows the boxes of a file with ByteTrack, once for every line that comes in, and answers with the
seconds that its updates took and with the boxes, over all updates, that it knew whose they were.
"""

import sys
from time import perf_counter

import numpy as np
import supervision
from trackers import ByteTrackTracker

KNOWN_SCORE = 0.35
"""Ours begins tracks and tells sure from weak boxes there, so both have the same work."""


def main(file: str) -> None:
    """Answer until the input ends."""
    given = np.load(file)
    counts, fps = given["counts"], float(given["fps"])
    ends = np.cumsum(counts)
    samples = [
        supervision.Detections(
            xyxy=given["boxes"][end - count : end], confidence=given["scores"][end - count : end]
        )
        for count, end in zip(counts, ends, strict=True)
    ]
    for _ in sys.stdin:
        tracker = ByteTrackTracker(
            frame_rate=fps,
            track_activation_threshold=KNOWN_SCORE,
            high_conf_det_threshold=KNOWN_SCORE,
        )
        began = perf_counter()
        told = [tracker.update(sample) for sample in samples]
        took_s = perf_counter() - began
        print(took_s, sum(int((one.tracker_id >= 0).sum()) for one in told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
