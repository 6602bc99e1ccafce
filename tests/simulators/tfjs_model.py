"""Writes small TensorFlow.js graph models, as files and as an npm package."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.vision.tfjs import Graph, read_graph

Attribute = int | float | str | Sequence[int]
_SHARD_BYTES = 64


class TfjsModel:
    """A graph under construction; every call gives the name by which others refer to it."""

    def __init__(self) -> None:
        self._nodes: list[dict[str, Any]] = []
        self._weights: list[dict[str, Any]] = []
        self._content = b""

    def node(self, op: str, name: str, *inputs: str, **attributes: Attribute) -> str:
        """Add an operation."""
        attr = {key: _attribute(value) for key, value in attributes.items()}
        self._nodes.append({"op": op, "name": name, "input": list(inputs), "attr": attr})
        return name

    def weight(self, name: str, values: NDArray[Any]) -> str:
        """Add a constant: float32, or int32 for whole numbers."""
        kind = "int32" if np.issubdtype(values.dtype, np.integer) else "float32"
        self._weights.append({"name": name, "shape": list(values.shape), "dtype": kind})
        self._content += np.ascontiguousarray(values, np.dtype(kind).newbyteorder("<")).tobytes()
        return self.node("Const", name)

    def files(self) -> dict[str, bytes]:
        """``model.json`` and its shards; weights do run over the edges of shards."""
        shards = {
            f"shard{at // _SHARD_BYTES}": self._content[at : at + _SHARD_BYTES]
            for at in range(0, len(self._content), _SHARD_BYTES)
        }
        model = {
            "modelTopology": {"node": self._nodes, "versions": {}},
            "weightsManifest": [{"paths": list(shards), "weights": self._weights}],
        }
        return {"model.json": json.dumps(model).encode(), **shards}

    def graph(self) -> Graph:
        """The model, written and read again."""
        files = self.files()
        return read_graph(files["model.json"], files.__getitem__)

    def package(self, folder: str = "package/model") -> bytes:
        """A tarball as npm makes them, with the model's files in a folder."""
        written = io.BytesIO()
        with tarfile.open(fileobj=written, mode="w:gz") as tarball:
            for name, content in self.files().items():
                member = tarfile.TarInfo(f"{folder}/{name}")
                member.size = len(content)
                tarball.addfile(member, io.BytesIO(content))
        return written.getvalue()


def _attribute(value: Attribute) -> dict[str, Any]:
    if isinstance(value, str):
        return {"s": list(value.encode())}
    if isinstance(value, float):
        return {"f": value}
    if isinstance(value, int):
        return {"i": str(value)}
    return {"list": {"i": [str(each) for each in value]}}
