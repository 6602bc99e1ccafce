"""Makes an ONNX file out of a TensorFlow.js graph, with numpy and onnx alone.

The part of the graph between the picture and the outputs that the manifest names is translated node
by node; the rest is left out. Nothing is computed or rounded, so the same graph gives the same
bytes everywhere, and the manifest pins them. What can be computed beforehand, onnxruntime computes
when it loads the file.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.vision.assembly import Assembly, Tensor, UnsoundGraph, Value
from models.vision.manifest import Input, Layout, Network, NpmPackage
from models.vision.operators import UnsupportedOperator, translate
from models.vision.tfjs import Graph, Node, UnreadableGraph


class ConversionError(ValueError):
    """A graph cannot be converted; the message says which part of it."""


def convert(graph: Graph, network: Network, source: NpmPackage) -> bytes:
    """The bytes of a network's ONNX file.

    Args:
        graph: what ``source`` carries.
        network: names the file's input and outputs.
        source: names the tensors of the graph that they stand for.

    Raises:
        ConversionError: the graph lacks a tensor, or uses what is not translated.
    """
    assembly = Assembly(network.name)
    values: dict[str, Value] = dict(graph.weights)
    values[source.picture] = _picture(assembly, network.input)
    try:
        for node in _in_order(graph, source.tensors, set(values)):
            inputs = [values[_result(reference)] for reference in node.inputs]
            results = translate(assembly, node, inputs)
            values[node.name] = results[0]
            for place, value in enumerate(results[1:], start=1):
                values[f"{node.name}:{place}"] = value
    except (UnsupportedOperator, UnreadableGraph) as error:
        raise ConversionError(f"{source.package} {source.version}: {error}") from error
    outputs = [values[_result(reference)] for reference in source.tensors]
    try:
        return assembly.model(dict(zip(network.outputs, outputs, strict=True)))
    except UnsoundGraph as error:
        raise ConversionError(f"{source.package} {source.version}: {error}") from error


def _picture(assembly: Assembly, picture: Input) -> Tensor:
    channels = 3
    if picture.layout is Layout.NHWC:
        shape = (1, picture.height, picture.width, channels)
    else:
        shape = (1, channels, picture.height, picture.width)
    return assembly.input(picture.name, shape, picture.layout)


def _in_order(graph: Graph, wanted: tuple[str, ...], known: set[str]) -> Iterator[Node]:
    """The nodes that the wanted tensors need, each after those that it needs itself."""
    done, begun = set(known), set[str]()
    stack = [_owner(reference) for reference in reversed(wanted)]
    while stack:
        name = stack[-1]
        if name in done:
            stack.pop()
            continue
        node = _node(graph, name)
        missing = [owner for owner in map(_owner, node.inputs) if owner not in done]
        if not missing:
            done.add(name)
            yield node
        elif name in begun:
            raise ConversionError(f"{node.op} ({name}) needs its own result: a loop is left in")
        else:
            begun.add(name)
            stack.extend(reversed(missing))


def _node(graph: Graph, name: str) -> Node:
    try:
        return graph.nodes[name]
    except KeyError as error:
        raise ConversionError(f"the graph has no tensor {name}") from error


def _owner(reference: str) -> str:
    """The node of a reference: ``unpacked:2`` is a result of ``unpacked``."""
    return reference.partition(":")[0]


def _result(reference: str) -> str:
    """One spelling per result: the first is called as its node."""
    return reference.removesuffix(":0")
