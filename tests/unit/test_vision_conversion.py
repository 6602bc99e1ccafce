"""Converted networks compute what TensorFlow means, and come out the same every time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from models.vision.convert import ConversionError, convert
from models.vision.manifest import Layout, Network, NpmPackage
from models.vision.tfjs import UnreadableGraph, read_graph
from tests.simulators import known_networks, numpy_graph
from tests.simulators.tfjs_model import TfjsModel

Add = Callable[[TfjsModel], str]
PICTURE = "picture"


def package(*tensors: str) -> NpmPackage:
    return NpmPackage(
        package="a-detector",
        version="1.0.0",
        sha256="0" * 64,
        size_bytes=1,
        graph="package/model/model.json",
        picture=PICTURE,
        tensors=tensors,
    )


def network(outputs: int = 1, layout: Layout = Layout.NHWC) -> Network:
    known = known_networks.network(b"unused")
    return msgspec.structs.replace(
        known,
        input=msgspec.structs.replace(known.input, layout=layout),
        outputs=("boxes", "scores")[:outputs],
    )


def picture(channels: int = 3) -> NDArray[np.float32]:
    known = known_networks.network(b"unused").input
    shape = (1, known.height, known.width, channels)
    return np.random.default_rng(5).uniform(0, 8, shape).astype(np.float32)


def weights(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(sum(shape)).normal(0, 0.1, shape).astype(np.float32)


def numbers(*values: int) -> NDArray[np.int32]:
    return np.array(values, np.int32)


def ran(content: bytes, pixels: NDArray[np.float32]) -> list[NDArray[Any]]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    found: list[NDArray[Any]] = session.run(None, {"pictures": pixels})
    return found


def convolution(
    model: TfjsModel, value: str = PICTURE, *, stride: int = 1, padding: str = "SAME"
) -> str:
    kernel = model.weight("kernel", weights(3, 2, 3, 4))
    return model.node(
        "Conv2D",
        "conv",
        value,
        kernel,
        data_format="NHWC",
        strides=(1, stride, stride, 1),
        dilations=(1, 1, 1, 1),
        padding=padding,
    )


def depthwise(model: TfjsModel, times: int) -> str:
    kernel = model.weight("deep", weights(3, 3, 3, times))
    return model.node(
        "DepthwiseConv2dNative",
        "depthwise",
        PICTURE,
        kernel,
        data_format="NHWC",
        strides=(1, 2, 2, 1),
        dilations=(1, 1, 1, 1),
        padding="SAME",
    )


def normalised(model: TfjsModel) -> str:
    parts = [model.weight(part, np.abs(weights(4)) + n) for n, part in enumerate("gbmv")]
    return model.node(
        "FusedBatchNorm", "norm", convolution(model), *parts, data_format="NHWC", epsilon=0.001
    )


def shortcut(model: TfjsModel) -> str:
    """Channels first and channels last meet, with weights of every rank."""
    conv = convolution(model)
    biased = model.node("BiasAdd", "biased", conv, model.weight("bias", weights(4)))
    scaled = model.node("Mul", "scaled", biased, model.weight("half", np.array(0.5, np.float32)))
    wide = model.weight("wide", weights(1, 1, 9, 4))
    clipped = model.node("Relu6", "clipped", scaled)
    plain = model.node("Reshape", "plain", clipped, model.weight("shape", numbers(1, 7, 9, 4)))
    summed = model.node("AddN", "summed", plain, clipped)
    return model.node("Sub", "shortcut", summed, wide)


def head(model: TfjsModel) -> str:
    """A prediction head: the batch out of the feature map's shape, packed into a new shape."""
    conv = convolution(model)
    begin, end = model.weight("begin", numbers(0)), model.weight("end", numbers(1))
    shape = model.node("Shape", "shape", conv)
    batch = model.node("StridedSlice", "batch", shape, begin, end, end, shrink_axis_mask=1)
    rest = [model.weight(f"n{n}", np.array(n, np.int32)) for n in (126, 1, 2)]
    packed = model.node("Pack", "packed", batch, *rest, axis=0)
    cells = model.node("Reshape", "cells", conv, packed)
    axis = model.weight("axis", np.array(1, np.int32))
    both = model.node("ConcatV2", "both", cells, cells, axis)
    squeezed = model.node("Squeeze", "squeezed", both, squeeze_dims=(2,))
    return model.node("Sigmoid", "head", squeezed)


def anchors(model: TfjsModel) -> str:
    """Box arithmetic: a constant tiled, turned, taken apart and put together."""
    boxes = model.weight("anchors", weights(1, 5, 4))
    ones = [model.weight(f"one{n}", np.array(1, np.int32)) for n in range(3)]
    multiples = model.node("Pack", "multiples", *ones, axis=0)
    tiled = model.node("Tile", "tiled", boxes, multiples)
    flat = model.node("Reshape", "flat", tiled, model.weight("to", numbers(5, 4)))
    turned = model.node("Transpose", "turned", flat, model.weight("order", numbers(1, 0)))
    parts = model.node("Unpack", "parts", turned, axis=0, num=4)
    grown = model.node("Exp", "grown", f"{parts}:2")
    stacked = model.node("Pack", "stacked", f"{parts}:1", grown, parts, f"{parts}:0", axis=1)
    cut = model.node(
        "Slice",
        "cut",
        stacked,
        model.weight("from", numbers(1, 1)),
        model.weight("size", numbers(3, -1)),
    )
    spread = model.node("ExpandDims", "spread", cut, model.weight("at", np.array(0, np.int32)))
    mean = model.weight("scale", np.array(0.01, np.float32))
    small = model.node("Mul", "small", PICTURE, mean)
    corner = model.node(
        "Slice",
        "corner",
        small,
        model.weight("zero", numbers(0, 0, 0, 0)),
        model.weight("one", numbers(1, 1, 1, 1)),
    )
    return model.node("Add", "anchored", spread, corner)


def twofold(model: TfjsModel) -> str:
    return depthwise(model, times=2)


def strided(model: TfjsModel) -> str:
    return convolution(model, stride=2)


def unpadded(model: TfjsModel) -> str:
    return convolution(model, padding="VALID")


@pytest.mark.parametrize(
    "add", [convolution, strided, unpadded, twofold, normalised, shortcut, head, anchors]
)
def test_a_converted_graph_computes_what_tensorflow_means(add: Add) -> None:
    model = TfjsModel()
    wanted = add(model)
    graph, pixels = model.graph(), picture()
    (expected,) = numpy_graph.run(graph, PICTURE, pixels, [wanted])
    (found,) = ran(convert(graph, network(), package(wanted)), pixels)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_network_may_read_its_channels_first() -> None:
    model = TfjsModel()
    wanted = convolution(model)
    graph, pixels = model.graph(), picture()
    (expected,) = numpy_graph.run(graph, PICTURE, pixels, [wanted])
    content = convert(graph, network(layout=Layout.NCHW), package(wanted))
    (found,) = ran(content, np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_same_graph_gives_the_same_bytes_with_outputs_in_the_manifests_order() -> None:
    model = TfjsModel()
    conv = convolution(model)
    other = model.node("Sigmoid", "other", conv)
    source = package(other, f"{conv}:0")
    content = convert(model.graph(), network(2), source)
    assert convert(model.graph(), network(2), source) == content
    boxes, scores = ran(content, picture())
    np.testing.assert_allclose(boxes, 1 / (1 + np.exp(-scores)), rtol=1e-4, atol=1e-6)


def test_channels_are_moved_once_on_the_way_in_and_once_on_the_way_out() -> None:
    model = TfjsModel()
    conv = convolution(model)
    deep = depthwise(model, times=1)
    outputs = model.node("Relu6", "one", conv), model.node("Relu6", "other", deep)
    written = onnx.load_from_string(convert(model.graph(), network(2), package(*outputs)))
    turned = [node.name for node in written.graph.node if node.op_type == "Transpose"]
    assert turned == ["pictures/nchw", "one/nhwc", "other/nhwc"]


def test_what_makes_the_picture_is_left_out() -> None:
    model = TfjsModel()
    model.node("ResizeBilinear", PICTURE, model.node("Placeholder", "any_size"))
    wanted = convolution(model)
    (found,) = ran(convert(model.graph(), network(), package(wanted)), picture())
    assert found.shape == (1, 7, 9, 4)


def unknown(model: TfjsModel) -> str:
    return model.node("NonMaxSuppressionV5", "nms", PICTURE)


def circle(model: TfjsModel) -> str:
    model.node("Sigmoid", "second", "first")
    return model.node("Sigmoid", "first", "second")


def hole(model: TfjsModel) -> str:
    return model.node("Sigmoid", "leaking", "nowhere")


def computed_kernel(model: TfjsModel) -> str:
    return model.node("Conv2D", "conv", PICTURE, model.node("Exp", "kernel", PICTURE))


def other_layout(model: TfjsModel) -> str:
    kernel = model.weight("kernel", weights(1, 1, 3, 4))
    return model.node("Conv2D", "conv", PICTURE, kernel, data_format="NCHW")


def without_strides(model: TfjsModel) -> str:
    kernel = model.weight("kernel", weights(1, 1, 3, 4))
    return model.node("Conv2D", "conv", PICTURE, kernel, data_format="NHWC")


def beyond_the_batch(model: TfjsModel) -> str:
    at, end = model.weight("at", numbers(2)), model.weight("end", numbers(3))
    shape = model.node("Shape", "shape", PICTURE)
    return model.node("StridedSlice", "columns", shape, at, end, end, shrink_axis_mask=1)


def unfit(model: TfjsModel) -> str:
    return model.node("Add", "unfit", PICTURE, model.weight("five", weights(5)))


@pytest.mark.parametrize(
    ("add", "complaint"),
    [
        (unknown, "NonMaxSuppressionV5 (nms) has no translation"),
        (circle, "needs its own result"),
        (hole, "the graph has no tensor nowhere"),
        (computed_kernel, "Conv2D (conv) takes kernel, which is not known"),
        (other_layout, "Conv2D (conv) has data_format that is not translated"),
        (without_strides, "Conv2D conv has no attribute strides"),
        (beyond_the_batch, "StridedSlice (columns) has begin that is not translated"),
        (unfit, "(op_type:Add, node name: unfit)"),
    ],
)
def test_what_cannot_be_converted_is_named_and_never_guessed(add: Add, complaint: str) -> None:
    model = TfjsModel()
    wanted = add(model)
    with pytest.raises(ConversionError) as refused:
        convert(model.graph(), network(), package(wanted))
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b'"float32"', b'"bfloat16"', "weight kernel is bfloat16"),
        (b'"float32"', b'"float32", "quantization": {"scale": 1}', "perhaps compressed"),
        (b'"shape": [3, 2, 3, 4]', b'"shape": [3, 2, 3, 9]', "end before weight kernel"),
        (b'"shape": [3, 2, 3, 4]', b'"shape": [3, 2, 3, 3]', "72 bytes of the shards belong"),
        (b'"modelTopology"', b'"modelTopologie"', "modelTopology"),
        (b"{", b"", "model.json"),
    ],
)
def test_a_model_file_that_is_not_as_we_know_it_is_refused(
    old: bytes, new: bytes, complaint: str
) -> None:
    model = TfjsModel()
    convolution(model)
    files = model.files()
    assert old in files["model.json"]
    with pytest.raises(UnreadableGraph) as refused:
        read_graph(files["model.json"].replace(old, new, 1), files.__getitem__)
    assert complaint in str(refused.value)
