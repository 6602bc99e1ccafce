"""An ONNX graph under construction: names, weights, nodes, and where the channels are.

TensorFlow keeps channels last, ONNX convolutions want them first. Every tensor here knows its
layout, and a transposition is written only where a layout has to change. In a chain of convolutions
that is once at the beginning and once at every way out.

The same calls give the same bytes, on every machine: nothing is computed, weights are only moved,
and versions and names are fixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.vision.manifest import Layout
from models.vision.tfjs import Array

_IR_VERSION: Final = 8  # with opset 13: read by every onnxruntime since 1.10
_OPSET: Final = 13
_TO_FIRST: Final = (0, 3, 1, 2)
_TO_LAST: Final = (0, 2, 3, 1)
_RANK: Final = 4


class UnsoundGraph(ValueError):
    """What was assembled is not a valid ONNX graph; the message is onnx's."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A result in the graph.

    Attributes:
        name: in the ONNX graph.
        layout: where its channels are; tensors of other ranks than four are always NHWC, that is
            as TensorFlow has them.
    """

    name: str
    layout: Layout = Layout.NHWC


Value: TypeAlias = Tensor | Array
"""A result in the graph, or an array that is known while we build."""


class Assembly:
    """The graph so far. Not for use by several threads; ``model`` ends it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._turned: dict[tuple[str, Layout], Tensor] = {}

    def input(self, name: str, shape: tuple[int, ...], layout: Layout) -> Tensor:
        """Declare a float input of a fixed shape."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return Tensor(name, layout)

    def emit(self, op: str, inputs: list[str], name: str, **attributes: Any) -> Tensor:
        """Add a node with one result of the given name; the result is NHWC."""
        self.emit_many(op, inputs, [name], **attributes)
        return Tensor(name)

    def emit_many(self, op: str, inputs: list[str], names: list[str], **attributes: Any) -> None:
        """Add a node with several results of the given names."""
        self._nodes.append(helper.make_node(op, inputs, names, name=names[0], **attributes))

    def weight(self, name: str, array: NDArray[Any]) -> str:
        """Store an array in the graph and give its name."""
        stored = np.ascontiguousarray(array).reshape(array.shape)
        self._weights.append(numpy_helper.from_array(stored, name))
        return name

    def named(self, value: Value, layout: Layout, name: str) -> str:
        """The ONNX name of a value in this layout.

        Args:
            value: a tensor, which is transposed if need be, or an array, which is stored.
            layout: the layout that is wanted.
            name: for an array, where it is stored.
        """
        if isinstance(value, Tensor):
            return self._turn(value, layout).name
        return self.weight(name, value if layout is Layout.NHWC else channels_first(value))

    def model(self, outputs: Mapping[str, Value]) -> bytes:
        """Check the graph and write it as an ONNX file.

        Args:
            outputs: the graph's outputs by name, in order; written channels last.

        Raises:
            UnsoundGraph: shapes do not fit together, or a node lacks something.
        """
        for name, value in outputs.items():
            self.emit("Identity", [self.named(value, Layout.NHWC, f"{name}/value")], name)
        shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self._nodes, self._name, self._inputs, shapes, self._weights)
        model = helper.make_model(
            graph,
            producer_name="lianke",
            ir_version=_IR_VERSION,
            opset_imports=[helper.make_opsetid("", _OPSET)],
        )
        _settle_shapes(model)
        written: bytes = model.SerializeToString(deterministic=True)
        return written

    def _turn(self, tensor: Tensor, layout: Layout) -> Tensor:
        if tensor.layout is layout:
            return tensor
        turned = self._turned.get((tensor.name, layout))
        if turned is None:
            order = _TO_FIRST if layout is Layout.NCHW else _TO_LAST
            name = self.emit("Transpose", [tensor.name], f"{tensor.name}/{layout}", perm=order).name
            turned = self._turned[tensor.name, layout] = Tensor(name, layout)
        return turned


def _settle_shapes(model: onnx.ModelProto) -> None:
    """Check the whole model, and write down the shapes that its outputs have."""
    try:
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        for mine, found in zip(model.graph.output, inferred.graph.output, strict=True):
            mine.CopyFrom(found)
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise UnsoundGraph(str(error)) from error


def channels_first(array: NDArray[Any]) -> NDArray[Any]:
    """An array that is to be added or multiplied, for a tensor whose channels are first.

    It is broadcast as NumPy does it, by its last axes, so it is brought to four axes before.
    """
    whole = array.reshape((1,) * (_RANK - array.ndim) + array.shape)
    return whole.transpose(_TO_FIRST)
