"""Runs a TensorFlow.js graph with numpy alone, and has nothing in common with the converter.

It keeps channels last as TensorFlow does, knows no layouts and folds nothing, so that what the
converter moved and left out is judged by somebody else. Written after TensorFlow's documentation of
its operations; "SAME" pads so that there is an output for every stride, the odd one at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.vision.tfjs import Graph, Node

Values = Sequence[NDArray[Any]]


def run(
    graph: Graph, picture: str, content: NDArray[np.float32], wanted: Sequence[str]
) -> list[NDArray[Any]]:
    """The wanted tensors, when the tensor ``picture`` has this content."""
    results: dict[str, list[NDArray[Any]]] = {
        name: [array] for name, array in graph.weights.items()
    }
    results[picture] = [content]

    def value(reference: str) -> NDArray[Any]:
        name, _, place = reference.partition(":")
        if name not in results:
            node = graph.nodes[name]
            got = _OPERATIONS[node.op](node, [value(each) for each in node.inputs])
            results[name] = got if isinstance(got, list) else [got]
        return results[name][int(place or 0)]

    return [value(each) for each in wanted]


def _patches(node: Node, picture: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """All windows: (batch, rows, columns, height, width, channels)."""
    _, down, right, _ = node.integers("strides")
    if node.text("padding") == "SAME":
        picture = np.pad(
            picture,
            (
                (0, 0),
                _same(picture.shape[1], height, down),
                _same(picture.shape[2], width, right),
                (0, 0),
            ),
        )
    windows = np.lib.stride_tricks.sliding_window_view(picture, (height, width), axis=(1, 2))
    return windows[:, ::down, ::right].transpose(0, 1, 2, 4, 5, 3)


def _same(size: int, window: int, stride: int) -> tuple[int, int]:
    missing = max(0, (-(-size // stride) - 1) * stride + window - size)
    return missing // 2, missing - missing // 2


def _conv2d(node: Node, values: Values) -> NDArray[Any]:
    picture, kernel = values
    windows = _patches(node, picture, kernel.shape[0], kernel.shape[1])
    found: NDArray[Any] = np.tensordot(windows, kernel, axes=3)
    return found


def _depthwise(node: Node, values: Values) -> NDArray[Any]:
    picture, kernel = values
    windows = _patches(node, picture, kernel.shape[0], kernel.shape[1])
    found: NDArray[Any] = np.einsum("brchwi,hwim->brcim", windows, kernel)
    return found.reshape(*found.shape[:3], -1)


def _normalise(node: Node, values: Values) -> NDArray[Any]:
    picture, scale, offset, mean, variance = values
    return (picture - mean) / np.sqrt(variance + node.number("epsilon")) * scale + offset


def _slice(_node: Node, values: Values) -> NDArray[Any]:
    picture, begin, size = values
    return picture[
        tuple(
            slice(at, None if count < 0 else at + count)
            for at, count in zip(begin, size, strict=True)
        )
    ]


def _unpack(node: Node, values: Values) -> list[NDArray[Any]]:
    return list(np.moveaxis(values[0], node.integer("axis"), 0))


_OPERATIONS: dict[str, Callable[[Node, Values], NDArray[Any] | list[NDArray[Any]]]] = {
    "Add": lambda _, v: v[0] + v[1],
    "AddN": lambda _, v: np.sum(np.stack(v), axis=0),
    "BiasAdd": lambda _, v: v[0] + v[1],
    "ConcatV2": lambda _, v: np.concatenate(v[:-1], axis=int(v[-1])),
    "Conv2D": _conv2d,
    "DepthwiseConv2dNative": _depthwise,
    "Exp": lambda _, v: np.exp(v[0]),
    "ExpandDims": lambda _, v: np.expand_dims(v[0], int(v[1])),
    "FusedBatchNorm": _normalise,
    "Mul": lambda _, v: v[0] * v[1],
    "Pack": lambda node, v: np.stack(v, axis=node.integer("axis")),
    "Relu6": lambda _, v: np.clip(v[0], 0, 6),
    "Reshape": lambda _, v: v[0].reshape(v[1]),
    "Shape": lambda _, v: np.array(v[0].shape),
    "Sigmoid": lambda _, v: 1 / (1 + np.exp(-v[0])),
    "Slice": _slice,
    "Squeeze": lambda node, v: v[0].squeeze(node.integers("squeeze_dims")),
    "StridedSlice": lambda _, v: v[0][int(v[1][0])],
    "Sub": lambda _, v: v[0] - v[1],
    "Tile": lambda _, v: np.tile(v[0], v[1]),
    "Transpose": lambda _, v: v[0].transpose(v[1]),
    "Unpack": _unpack,
}
