"""Reads a TensorFlow.js graph model: its nodes, and its weights out of their shards.

The format is a ``model.json`` (a TensorFlow GraphDef in JSON, and a list of weights with shapes and
kinds) and shards that hold the weights' bytes one after another, little-endian. Only what the graph
models of today use is read: weights that are not compressed, of kind float32 or int32. Anything
else is refused rather than guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""A weight: float32 or int32."""

_KINDS: Final = {"float32": np.dtype("<f4"), "int32": np.dtype("<i4")}


class UnreadableGraph(ValueError):
    """This is not a graph model as we know them; the message names the part."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation of the graph.

    Attributes:
        name: unique in the graph; a reference ``name:1`` means its second result.
        op: the TensorFlow operation.
        inputs: references to results of other nodes, without those that only order execution.
        attributes: as the file has them; read them through the methods.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def integer(self, key: str, default: int = 0) -> int:
        """A whole number; the default where the file leaves it out, as TensorFlow does."""
        return int(self.attributes.get(key, {}).get("i", default))

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers."""
        return tuple(int(each) for each in self._value(key, "list")["i"])

    def number(self, key: str) -> float:
        """A floating-point number."""
        return float(self._value(key, "f"))

    def text(self, key: str) -> str:
        """A text, which the file spells as a list of byte values."""
        return bytes(self._value(key, "s")).decode("ascii")

    def _value(self, key: str, kind: str) -> Any:
        try:
            return self.attributes[key][kind]
        except KeyError as error:
            raise UnreadableGraph(f"{self.op} {self.name} has no attribute {key}") from error


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph model: its nodes and weights, each by name."""

    nodes: Mapping[str, Node]
    weights: Mapping[str, Array]


class _JsonNode(msgspec.Struct):
    name: str
    op: str
    input: list[str] = []
    attr: dict[str, Any] = {}


class _Topology(msgspec.Struct):
    node: list[_JsonNode]


class _Weight(msgspec.Struct):
    name: str
    shape: list[int]
    dtype: str
    quantization: dict[str, Any] | None = None


class _WeightGroup(msgspec.Struct):
    paths: list[str]
    weights: list[_Weight]


class _Model(msgspec.Struct, rename="camel"):
    model_topology: _Topology
    weights_manifest: list[_WeightGroup]


def read_graph(model_json: bytes, shard: Callable[[str], bytes]) -> Graph:
    """Read a graph model.

    Args:
        model_json: the content of ``model.json``.
        shard: gives the content of a shard by its path relative to ``model.json``; what it raises
            passes through.

    Raises:
        UnreadableGraph: the file is not a graph model, or a weight is of a kind we do not read.
    """
    try:
        model = msgspec.json.decode(model_json, type=_Model)
    except msgspec.DecodeError as error:
        raise UnreadableGraph(f"model.json: {error}") from error
    weights: dict[str, Array] = {}
    for group in model.weights_manifest:
        weights.update(_weights(group, b"".join(shard(path) for path in group.paths)))
    nodes = {each.name: _node(each) for each in model.model_topology.node}
    return Graph(nodes=nodes, weights=weights)


def _node(found: _JsonNode) -> Node:
    inputs = tuple(name for name in found.input if not name.startswith("^"))
    return Node(name=found.name, op=found.op, inputs=inputs, attributes=found.attr)


def _weights(group: _WeightGroup, content: bytes) -> Iterator[tuple[str, Array]]:
    at = 0
    for weight in group.weights:
        kind = _KINDS.get(weight.dtype)
        if kind is None or weight.quantization is not None:
            raise UnreadableGraph(f"weight {weight.name} is {weight.dtype}, perhaps compressed")
        count = math.prod(weight.shape)
        end = at + count * kind.itemsize
        if end > len(content):
            raise UnreadableGraph(f"the shards end before weight {weight.name}")
        yield weight.name, np.frombuffer(content, kind, count, at).reshape(weight.shape)
        at = end
    if at != len(content):
        raise UnreadableGraph(f"{len(content) - at} bytes of the shards belong to no weight")
