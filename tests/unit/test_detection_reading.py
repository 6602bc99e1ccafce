"""From a picture to a network's input, and from its answer to people."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.capture.footfall.detection.detector import FLOOR
from agent.capture.footfall.detection.letterbox import Letterbox
from agent.capture.footfall.detection.ssd import SsdDecoder
from agent.capture.footfall.detection.suppression import suppress
from agent.capture.footfall.detection.yolox import YoloxDecoder
from models.vision.manifest import Colour, Decoder, Fit, Input, Labels, Layout, Network, Release

Floats = NDArray[np.float32]
OVERLAP = 0.45
ANY_RELEASE = (Release(url="https://localhost/net.onnx"),)


def wanted(
    layout: Layout = Layout.NCHW, colour: Colour = Colour.BGR, fit: Fit = Fit.LETTERBOX
) -> Input:
    return Input(name="in", layout=layout, colour=colour, fit=fit, width=64, height=32)


def network(decoder: Decoder, outputs: tuple[str, ...], columns: int = 3) -> Network:
    return Network(
        name="toy",
        file="toy.onnx",
        sha256="0" * 64,
        size_bytes=1,
        licence="Apache-2.0",
        input=wanted(),
        decoder=decoder,
        outputs=outputs,
        labels=Labels(columns=columns, person=1),
        sources=ANY_RELEASE,
    )


def a_picture(width: int, height: int, seed: int = 1) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3))
    return noise.astype(np.uint8)


@pytest.mark.parametrize(("width", "height"), [(128, 96), (96, 128), (33, 77), (64, 32), (20, 7)])
def test_a_picture_lies_at_the_top_left_of_a_grey_ground(width: int, height: int) -> None:
    picture = a_picture(width, height)
    letterbox = Letterbox(wanted())
    scale = letterbox.fit(picture)
    ratio = min(32 / height, 64 / width)
    inner = cv2.resize(picture, (int(width * ratio), int(height * ratio)))
    expected = np.full((32, 64, 3), 114, np.uint8)
    expected[: inner.shape[0], : inner.shape[1]] = inner
    assert np.array_equal(letterbox.blob[0], expected.transpose(2, 0, 1))
    assert scale == pytest.approx([ratio] * 4)


def test_pictures_of_another_size_leave_nothing_behind() -> None:
    letterbox, fresh = Letterbox(wanted()), Letterbox(wanted())
    letterbox.fit(a_picture(128, 64))
    letterbox.fit(a_picture(40, 90))
    fresh.fit(a_picture(40, 90))
    assert np.array_equal(letterbox.blob, fresh.blob)


def test_a_picture_is_stretched_and_turned_to_rgb_where_the_network_wants_it() -> None:
    picture = a_picture(100, 100)
    letterbox = Letterbox(wanted(Layout.NHWC, Colour.RGB, Fit.STRETCH))
    scale = letterbox.fit(picture)
    assert np.array_equal(letterbox.blob[0], cv2.resize(picture, (64, 32))[..., ::-1])
    assert scale == pytest.approx([0.64, 0.32, 0.64, 0.32])


def test_a_picture_is_left_as_it_is_and_the_buffer_is_kept() -> None:
    picture = a_picture(80, 80)
    before, letterbox = picture.copy(), Letterbox(wanted())
    buffer = letterbox.blob
    letterbox.fit(picture)
    assert np.array_equal(picture, before)
    assert letterbox.blob is buffer


def yolox_answer(rows: dict[int, Sequence[float]]) -> Floats:
    """A 64 x 32 network has 32 + 8 + 2 cells; x, y, w, h, objectness, then three classes."""
    answer = np.zeros((1, 42, 8), np.float32)
    for cell, row in rows.items():
        answer[0, cell] = row
    return answer


def test_yolox_rows_are_decoded_over_their_cells() -> None:
    decoder = YoloxDecoder(network(Decoder.YOLOX, ("out",)))
    assert decoder.shapes == ((1, 42, 8),)
    answer = yolox_answer(
        {
            9: (0.5, 0.25, np.log(2), np.log(3), 0.9, 0.0, 0.8, 0.0),  # stride 8: column 1, row 1
            32: (0.5, 0.5, 0, 0, 0.5, 0.0, 0.5, 0.0),  # stride 16: column 0, row 0
            41: (0, 0, 0, 0, 1.0, 0.0, 1.0, 0.0),  # stride 32: column 1, row 0
        }
    )
    boxes, scores = decoder.decode([answer], FLOOR)
    assert scores == pytest.approx([0.72, 0.25, 1.0])
    assert boxes == pytest.approx(
        np.array([[4, -2, 20, 22], [0, 0, 16, 16], [16, -16, 48, 16]], np.float32), abs=1e-4
    )


def test_only_people_above_the_floor_are_decoded() -> None:
    decoder = YoloxDecoder(network(Decoder.YOLOX, ("out",)))
    answer = yolox_answer(
        {
            0: (0, 0, 0, 0, 0.99, 0.99, 0.05, 0.99),  # sure, but no person
            1: (0, 0, 0, 0, 0.05, 0.0, 1.0, 0.0),  # a person, but unsure
            2: (0, 0, 0, 0, 0.3, 0.0, 0.3, 0.0),  # each half enough, not together
            3: (0, 0, 0, 0, 0.4, 0.0, 0.3, 0.0),
        }
    )
    _, scores = decoder.decode([answer], FLOOR)
    assert scores == pytest.approx([0.12])


@given(st.integers(0, 2**32 - 1))
def test_a_yolox_answer_is_decoded_as_if_every_row_were(seed: int) -> None:
    decoder = YoloxDecoder(network(Decoder.YOLOX, ("out",)))
    answer = np.random.default_rng(seed).uniform(0, 1, (1, 42, 8)).astype(np.float32)
    answer[..., 4:] **= 3  # few rows are sure
    strides = np.repeat([8, 16, 32], [32, 8, 2]).astype(np.float32)[:, None]
    columns = [np.arange(64 // each)[None].repeat(32 // each, 0).ravel() for each in (8, 16, 32)]
    rows = [np.arange(32 // each).repeat(64 // each) for each in (8, 16, 32)]
    corners = np.stack([np.concatenate(columns), np.concatenate(rows)], axis=1)
    centres = (answer[0, :, :2] + corners.astype(np.float32)) * strides
    halves = np.exp(answer[0, :, 2:4]) * (strides / 2)
    certain = answer[0, :, 4] * answer[0, :, 6]
    chosen = np.flatnonzero((certain >= FLOOR) & (answer[0, :, 4] >= FLOOR))
    boxes, scores = decoder.decode([answer], FLOOR)
    assert np.array_equal(scores, certain[chosen])
    whole = np.hstack([centres - halves, centres + halves])[chosen]
    assert boxes == pytest.approx(whole, rel=1e-6, abs=1e-5)


def test_ssd_boxes_are_shares_of_the_picture() -> None:
    decoder = SsdDecoder(network(Decoder.SSD, ("boxes", "scores")))
    boxes = np.array([[[[0.25, 0.5, 0.75, 1.0]], [[0, 0, 1, 1]]]], np.float32)
    scores = np.array([[[0.9, 0.6, 0.9], [0.9, 0.05, 0.9]]], np.float32)
    found, sure = decoder.decode([boxes, scores], FLOOR)
    assert found == pytest.approx(np.array([[32, 8, 64, 24]], np.float32))
    assert sure == pytest.approx([0.6])


def boxes_of(*corners: tuple[float, float, float, float]) -> Floats:
    return np.array(corners, np.float32).reshape(-1, 4)


def test_of_two_boxes_of_one_person_the_better_stays() -> None:
    boxes = boxes_of((0, 0, 10, 20), (1, 0, 11, 20), (40, 0, 50, 20))
    people = suppress(boxes, np.array([0.5, 0.9, 0.3], np.float32), OVERLAP)
    assert people.scores == pytest.approx([0.9, 0.3])
    assert np.array_equal(people.boxes, boxes[[1, 2]])


def test_a_box_without_area_overlaps_nothing() -> None:
    people = suppress(
        boxes_of((5, 5, 5, 5), (5, 5, 5, 5)), np.array([0.5, 0.4], np.float32), OVERLAP
    )
    assert len(people) == 2


def test_nobody_remains_of_nobody() -> None:
    assert len(suppress(boxes_of(), np.empty(0, np.float32), OVERLAP)) == 0


def overlap(one: Floats, other: Floats) -> float:
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    areas = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]))
    return shared / (areas - shared)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_what_remains_is_apart_and_what_went_was_close_to_something_better(
    seed: int, count: int
) -> None:
    chance = np.random.default_rng(seed)
    corners = chance.uniform(0, 60, (count, 2))
    boxes = np.hstack([corners, corners + chance.uniform(5, 40, (count, 2))]).astype(np.float32)
    scores = chance.uniform(0.1, 1, count).astype(np.float32)
    people = suppress(boxes, scores, OVERLAP)
    assert list(people.scores) == sorted(people.scores, reverse=True)
    for box, score in zip(boxes, scores, strict=True):
        above = [
            overlap(box, kept)
            for kept, sure in zip(people.boxes, people.scores, strict=True)
            if sure > score
        ]
        kept = score in people.scores
        assert kept == all(each < OVERLAP + (1e-4 if kept else -1e-4) for each in above)


def kept_one_by_one(boxes: Floats, scores: Floats) -> list[int]:
    """Pair by pair, in the precision of the network."""
    kept: list[int] = []
    for row in np.argsort(-scores, kind="stable").tolist():
        if not any(_share(boxes[row], boxes[better]) >= np.float32(OVERLAP) for better in kept):
            kept.append(row)
    return kept


def _share(one: Floats, other: Floats) -> np.float32:
    wide, high = np.maximum(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0)
    shared = wide * high
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return np.float32(shared / np.maximum(areas[0] + areas[1] - shared, np.finfo(np.float32).tiny))


@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.sampled_from([0.0, 5.0]))
def test_what_remains_is_to_the_bit_what_remains_pair_by_pair(
    seed: int, count: int, least: float
) -> None:
    chance = np.random.default_rng(seed)
    corners = chance.integers(0, 20, (count, 2))  # equal sides and equal scores happen, too
    boxes = np.hstack([corners, corners + chance.uniform(least, 30, (count, 2))])
    boxes, scores = boxes.astype(np.float32), (chance.integers(1, 9, count) / 10).astype(np.float32)
    people = suppress(boxes, scores, OVERLAP)
    kept = kept_one_by_one(boxes, scores)
    assert np.array_equal(people.boxes, boxes[kept])
    assert np.array_equal(people.scores, scores[kept])
