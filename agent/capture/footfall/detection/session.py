"""A network in onnxruntime, one thread, made to be quiet, small and of a constant size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from agent.capture.footfall.detection.decoding import Answer
from agent.capture.footfall.detection.letterbox import Blob
from agent.errors import NetworkMismatch
from models.vision.manifest import Network

_FLOATS: Final = "tensor(float)"
_FATAL_ONLY: Final = 4
_ANY: Final = -1

# onnxruntime's errors have no base class of their own.
_FAULTS: Final = (
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NoModel,
    states.NoSuchFile,
    states.NotImplemented,
    states.RuntimeException,
)


def session_options() -> onnxruntime.SessionOptions:
    """How every network runs.

    One thread, since tills share the box, and no spinning: threads that wait busily cost 56 ms of
    processor per picture at five pictures a second instead of 16. Errors are raised, so nothing is
    logged.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Planning one block for all tensors of a run gains no time here and keeps 4 MB more.
    options.enable_mem_pattern = False
    options.log_severity_level = _FATAL_ONLY
    return options


class OnnxSession:
    """One loaded network whose input is what the manifest says.

    Args:
        network: the manifest's entry.
        file: its bytes, already verified.

    Raises:
        NetworkMismatch: onnxruntime cannot load it, or its input or outputs are not those of the
            manifest.
    """

    def __init__(self, network: Network, file: Path) -> None:
        self._network = network
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), session_options(), providers=["CPUExecutionProvider"]
            )
        except _FAULTS as error:
            raise NetworkMismatch(
                f"{network.name}: onnxruntime {onnxruntime.__version__} cannot load {file}; "
                "run lianke-agent models verify"
            ) from error
        self._check_names()

    def run(self, blob: Blob) -> Sequence[Answer]:
        """The outputs, in the manifest's order."""
        answers: Sequence[Answer] = self._session.run(
            list(self._network.outputs), {self._network.input.name: blob}
        )
        return answers

    def check_answers(self, blob: Blob, shapes: Sequence[tuple[int, ...]]) -> None:
        """Run once, and compare the shapes of what comes back; _ANY in a shape matches any length.

        Raises:
            NetworkMismatch: the input is refused, or a shape is another one.
        """
        try:
            answers = self.run(blob)
        except _FAULTS as error:
            raise self._unlike(f"it refuses an input of {blob.shape}") from error
        for name, answer, shape in zip(self._network.outputs, answers, shapes, strict=True):
            if not _alike(answer.shape, shape):
                raise self._unlike(f"its output {name!r} has the shape {answer.shape}, not {shape}")

    def _check_names(self) -> None:
        wanted = self._network.input.name
        inputs = [(each.name, each.type) for each in self._session.get_inputs()]
        if inputs != [(wanted, _FLOATS)]:
            raise self._unlike(f"its inputs are {inputs}, not one of floats called {wanted!r}")
        outputs = sorted(each.name for each in self._session.get_outputs())
        missing = sorted(set(self._network.outputs) - set(outputs))
        if missing:
            raise self._unlike(f"it has no output {missing[0]!r} among {outputs}")

    def _unlike(self, how: str) -> NetworkMismatch:
        return NetworkMismatch(f"{self._network.name} is not what its manifest says: {how}")


def _alike(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(found) == len(wanted) and all(
        expected in (length, _ANY) for length, expected in zip(found, wanted, strict=True)
    )
