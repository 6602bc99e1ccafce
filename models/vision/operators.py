"""What each TensorFlow operation becomes in ONNX.

A translation receives the node and the values of its inputs, adds to the assembly, and gives one
value per result. Shapes that TensorFlow computes while it runs are known here, because a network
reads one picture at a time: they are worked out at once and leave no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.vision.assembly import Assembly, Tensor, Value
from models.vision.manifest import Layout
from models.vision.tfjs import Node

Translation: TypeAlias = Callable[[Assembly, Node, Sequence[Value]], list[Value]]

_PADDING: Final = {"SAME": "SAME_UPPER", "VALID": "VALID"}


class UnsupportedOperator(ValueError):
    """A node asks for something that is not translated; the message names both."""


def translate(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    """Add what a node does to the assembly and give its results.

    Raises:
        UnsupportedOperator: there is no translation for this operation, or for how it is used.
    """
    translation = _TRANSLATIONS.get(node.op)
    if translation is None:
        raise UnsupportedOperator(f"{node.op} ({node.name}) has no translation")
    return translation(assembly, node, inputs)


def _convolution(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    """Weights (height, width, in, out) become (out, in, height, width)."""
    kernel = _array(node, inputs[1])
    return [_convolve(assembly, node, inputs[0], kernel.transpose(3, 2, 0, 1), groups=1)]


def _depthwise(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    """Weights (height, width, in, times) become (in × times, 1, height, width)."""
    kernel = _array(node, inputs[1])
    height, width, channels, times = kernel.shape
    first = kernel.transpose(2, 3, 0, 1).reshape(channels * times, 1, height, width)
    return [_convolve(assembly, node, inputs[0], first, groups=channels)]


def _convolve(
    assembly: Assembly, node: Node, picture: Value, kernel: NDArray[Any], groups: int
) -> Value:
    _require(node.text("data_format") == "NHWC", node, "data_format")
    _, down, right, _ = node.integers("strides")
    _, tall, wide, _ = node.integers("dilations")
    assembly.emit(
        "Conv",
        [
            assembly.named(picture, Layout.NCHW, f"{node.name}/picture"),
            assembly.weight(f"{node.name}/kernel", kernel),
        ],
        node.name,
        auto_pad=_PADDING[node.text("padding")],
        dilations=[tall, wide],
        group=groups,
        kernel_shape=kernel.shape[2:],
        strides=[down, right],
    )
    return Tensor(node.name, Layout.NCHW)


def _normalisation(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    _require(node.text("data_format") == "NHWC", node, "data_format")
    names = [assembly.named(inputs[0], Layout.NCHW, f"{node.name}/picture")]
    for part, value in zip(("scale", "offset", "mean", "variance"), inputs[1:], strict=True):
        names.append(assembly.weight(f"{node.name}/{part}", _array(node, value)))
    assembly.emit("BatchNormalization", names, node.name, epsilon=node.number("epsilon"))
    return [Tensor(node.name, Layout.NCHW)]


def _elementwise(op: str) -> Translation:
    """An operation on values one by one: in the layout that one of its inputs already has."""

    def translation(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
        layout = _layout(inputs)
        names = [
            assembly.named(value, layout, f"{node.name}/{place}")
            for place, value in enumerate(inputs)
        ]
        assembly.emit(op, names, node.name)
        return [Tensor(node.name, layout)]

    return translation


def _relu6(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    layout = _layout(inputs)
    names = [assembly.named(inputs[0], layout, f"{node.name}/value")]
    for place, bound in (("least", 0.0), ("most", 6.0)):
        names.append(assembly.weight(f"{node.name}/{place}", np.array(bound, np.float32)))
    assembly.emit("Clip", names, node.name)
    return [Tensor(node.name, layout)]


def _shape(_assembly: Assembly, _node: Node, _inputs: Sequence[Value]) -> list[Value]:
    """As much of the shape as is ever asked for: the batch, which is one picture."""
    return [np.array([1], np.int64)]


def _strided_slice(_assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    """One number out of a shape: ``shape[begin]``."""
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask")
    _require(not any(node.integer(mask) for mask in masks), node, "masks")
    _require(node.integer("shrink_axis_mask") == 1, node, "shrink_axis_mask")
    shape, begin = _integers(node, inputs[0]), _integers(node, inputs[1])
    _require(begin.shape == (1,) and begin[0] < len(shape), node, "begin")
    return [shape[begin[0]]]


def _pack(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    """Tensors side by side along a new axis; numbers become a shape."""
    arrays = [value for value in inputs if not isinstance(value, Tensor)]
    if len(arrays) == len(inputs):
        return [np.stack(arrays).astype(np.int64)]
    axis = node.integer("axis")
    at = assembly.weight(f"{node.name}/axis", np.array([axis], np.int64))
    parts = [
        assembly.emit(
            "Unsqueeze", [_plain(assembly, node, value, place), at], f"{node.name}/{place}"
        )
        for place, value in enumerate(inputs)
    ]
    return [assembly.emit("Concat", [part.name for part in parts], node.name, axis=axis)]


def _unpack(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    """The slices along an axis, each without that axis."""
    axis, count = node.integer("axis"), node.integer("num")
    slices = [f"{node.name}/slice:{place}" for place in range(count)]
    assembly.emit_many("Split", [_plain(assembly, node, inputs[0])], slices, axis=axis)
    at = assembly.weight(f"{node.name}/axis", np.array([axis], np.int64))
    return [
        assembly.emit("Squeeze", [each, at], f"{node.name}:{place}")
        for place, each in enumerate(slices)
    ]


def _reshape(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    return [_with_integers(assembly, "Reshape", node, inputs[0], _integers(node, inputs[1]))]


def _tile(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    return [_with_integers(assembly, "Tile", node, inputs[0], _integers(node, inputs[1]))]


def _squeeze(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    axes = np.array(node.integers("squeeze_dims"), np.int64)
    return [_with_integers(assembly, "Squeeze", node, inputs[0], axes)]


def _expand(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    axes = _integers(node, inputs[1]).reshape(1)
    return [_with_integers(assembly, "Unsqueeze", node, inputs[0], axes)]


def _slice(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    """A box out of a tensor, by beginning and size; a size of -1 goes to the end."""
    begin, size = _integers(node, inputs[1]), _integers(node, inputs[2])
    end = np.where(size < 0, np.iinfo(np.int64).max, begin + size)
    return [_with_integers(assembly, "Slice", node, inputs[0], begin, end)]


def _transpose(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    order = [int(axis) for axis in _integers(node, inputs[1])]
    return [assembly.emit("Transpose", [_plain(assembly, node, inputs[0])], node.name, perm=order)]


def _concatenation(assembly: Assembly, node: Node, inputs: Sequence[Value]) -> list[Value]:
    parts = [_plain(assembly, node, value, place) for place, value in enumerate(inputs[:-1])]
    axis = int(_integers(node, inputs[-1]))
    return [assembly.emit("Concat", parts, node.name, axis=axis)]


def _with_integers(
    assembly: Assembly, op: str, node: Node, value: Value, *parameters: NDArray[np.int64]
) -> Tensor:
    """An operation whose parameters are lists of whole numbers."""
    names = [_plain(assembly, node, value)]
    for place, parameter in enumerate(parameters):
        names.append(assembly.weight(f"{node.name}/{op}:{place}", parameter))
    return assembly.emit(op, names, node.name)


def _plain(assembly: Assembly, node: Node, value: Value, place: int = 0) -> str:
    """The name of a value as TensorFlow has it, channels last."""
    return assembly.named(value, Layout.NHWC, f"{node.name}/value:{place}")


def _layout(inputs: Sequence[Value]) -> Layout:
    first = any(isinstance(value, Tensor) and value.layout is Layout.NCHW for value in inputs)
    return Layout.NCHW if first else Layout.NHWC


def _array(node: Node, value: Value) -> NDArray[Any]:
    if isinstance(value, Tensor):
        raise UnsupportedOperator(f"{node.op} ({node.name}) takes {value.name}, which is not known")
    return value


def _integers(node: Node, value: Value) -> NDArray[np.int64]:
    """Whole numbers, as wide as ONNX wants them: TensorFlow's are of 32 bits."""
    return _array(node, value).astype(np.int64)


def _require(holds: object, node: Node, what: str) -> None:
    if not holds:
        raise UnsupportedOperator(f"{node.op} ({node.name}) has {what} that is not translated")


_TRANSLATIONS: Final[Mapping[str, Translation]] = {
    "Add": _elementwise("Add"),
    "AddN": _elementwise("Sum"),
    "BiasAdd": _elementwise("Add"),
    "ConcatV2": _concatenation,
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Exp": _elementwise("Exp"),
    "ExpandDims": _expand,
    "FusedBatchNorm": _normalisation,
    "Mul": _elementwise("Mul"),
    "Pack": _pack,
    "Relu6": _relu6,
    "Reshape": _reshape,
    "Shape": _shape,
    "Sigmoid": _elementwise("Sigmoid"),
    "Slice": _slice,
    "Squeeze": _squeeze,
    "StridedSlice": _strided_slice,
    "Sub": _elementwise("Sub"),
    "Tile": _tile,
    "Transpose": _transpose,
    "Unpack": _unpack,
}
