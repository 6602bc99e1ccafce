"""A toy network that sees people in bright coats, with a YOLOX network's input and output.

It stands in where the real network's bytes are absent: the watcher loads, runs and decodes it like
any other. It finds the extent of each coat's colour in the picture, one person per colour (see
``walkers``), and answers as YOLOX does: undecoded centres and sizes, over the same grid.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

from agent.networks import InstalledNetwork
from models.vision.manifest import (
    Colour,
    Decoder,
    Fit,
    Input,
    Labels,
    Layout,
    Network,
    Release,
)
from tests.simulators.walkers import Coat

NAME = "red-coats"
SCORE = 0.9
_SIDE = 416
_CELLS = 3549
_COLUMNS = 85
_STRIDE = 8  # of the first cells, where our few rows are
_OPSET = 17
_IR_VERSION = 8
_BRIGHT = 150.0
_DARK = 100.0
_MOSTLY = 0.7


class _Graph:
    """Nodes and constants, named as they come."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One node with one output; its name."""
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: ArrayLike, kind: type[np.generic] = np.float32) -> str:
        """A constant; its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def integers(self, *values: int) -> str:
        """A constant list of integers; its name."""
        return self.constant(values, np.int64)


def red_coats(folder: Path) -> InstalledNetwork:
    """Write the network into a folder; what it is, and where."""
    file = folder / f"{NAME}.onnx"
    body = _model().SerializeToString()
    file.write_bytes(body)
    return InstalledNetwork(_entry(file, body), file)


def _entry(file: Path, body: bytes) -> Network:
    return Network(
        name=NAME,
        file=file.name,
        sha256=hashlib.sha256(body).hexdigest(),
        size_bytes=len(body),
        licence="Apache-2.0",
        input=Input(
            name="images",
            layout=Layout.NCHW,
            colour=Colour.BGR,
            fit=Fit.LETTERBOX,
            width=_SIDE,
            height=_SIDE,
        ),
        decoder=Decoder.YOLOX,
        outputs=("output",),
        labels=Labels(columns=_COLUMNS - 5, person=0),
        sources=(Release(url="https://localhost/red-coats.onnx"),),
    )


def _model() -> onnx.ModelProto:
    graph = _Graph()
    rows = [_row(graph, coat, cell) for cell, coat in enumerate(Coat)]
    nobody = graph.add("ConstantOfShape", graph.integers(_CELLS - len(rows), _COLUMNS))
    all_rows = graph.add("Concat", *rows, nobody, axis=0)
    graph.nodes.append(
        helper.make_node("Reshape", [all_rows, graph.integers(1, _CELLS, _COLUMNS)], ["output"])
    )
    made = helper.make_graph(
        graph.nodes,
        NAME,
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, _SIDE, _SIDE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, _CELLS, _COLUMNS])],
        graph.constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = _IR_VERSION
    onnx.checker.check_model(model)
    return model


def _row(graph: _Graph, coat: Coat, cell: int) -> str:
    """One row of the answer, (1, 85): where this coat is, if it is anywhere."""
    mask = _mask(graph, coat)
    left, right = _extent(graph, graph.add("ReduceMax", mask, axes=[1, 2], keepdims=0))
    top, bottom = _extent(graph, graph.add("ReduceMax", mask, axes=[1, 3], keepdims=0))
    seen = graph.add("ReduceMax", mask, axes=[1, 2, 3], keepdims=0)
    columns = [
        _centre(graph, left, right, cell),
        _centre(graph, top, bottom, 0),
        _logarithm(graph, left, right),
        _logarithm(graph, top, bottom),
        graph.add("Mul", seen, graph.constant([SCORE])),
        graph.constant([1.0]),
        graph.constant(np.zeros(_COLUMNS - 6)),
    ]
    row = graph.add("Concat", *columns, axis=0)
    return graph.add("Reshape", row, graph.integers(1, _COLUMNS))


def _mask(graph: _Graph, coat: Coat) -> str:
    """(1, 1, 416, 416): 1 where a pixel and most of its neighbours have the coat's colour."""
    matches = []
    for channel, level in enumerate(coat.value):
        plane = graph.add("Gather", "images", graph.integers(channel), axis=1)
        compare, limit = ("Greater", _BRIGHT) if level else ("Less", _DARK)
        matches.append(graph.add(compare, plane, graph.constant(limit)))
    alike = graph.add("And", graph.add("And", matches[0], matches[1]), matches[2])
    as_number = graph.add("Cast", alike, to=TensorProto.FLOAT)
    around = graph.add("AveragePool", as_number, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    calm = graph.add("Greater", around, graph.constant(_MOSTLY))
    return graph.add("Cast", calm, to=TensorProto.FLOAT)


def _extent(graph: _Graph, line: str) -> tuple[str, str]:
    """From (1, 416) of zeros and ones: where the first one begins and the last one ends."""
    ends = graph.constant([np.arange(1, _SIDE + 1)])
    to_go = graph.constant([np.arange(_SIDE, 0, -1)])
    last = graph.add("ReduceMax", graph.add("Mul", line, ends), axes=[1], keepdims=0)
    most = graph.add("ReduceMax", graph.add("Mul", line, to_go), axes=[1], keepdims=0)
    return graph.add("Sub", graph.constant([_SIDE]), most), last


def _centre(graph: _Graph, begin: str, end: str, cell: int) -> str:
    middle = graph.add("Div", graph.add("Add", begin, end), graph.constant([2 * _STRIDE]))
    return graph.add("Sub", middle, graph.constant([cell]))


def _logarithm(graph: _Graph, begin: str, end: str) -> str:
    extent = graph.add("Max", graph.add("Sub", end, begin), graph.constant([1.0]))
    return graph.add("Log", graph.add("Div", extent, graph.constant([_STRIDE])))
