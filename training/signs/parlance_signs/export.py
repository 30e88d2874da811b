"""The trained networks as one ONNX graph: `image` [n, 1, 64, 64], grey, 0 to 1; `letters` [n, 26], the probabilities of A to Z where
the image shows a hand; `hand` [n, 1], that it shows one."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from .corpus import NO_HAND, PIXELS
from .network import OFFSET, Residual, SignNetwork, SignReader

OPSET = 18


def export(path: Path, reader: SignReader, refusal_limit: float) -> int:
    """Writes the graph; `hand` is 0.5 where the probability of "no hand" is the limit. @returns bytes"""
    graph = _Graph()
    seen = graph.add("Concat", ["image", graph.mirrored("image")], axis=0)
    centred = graph.add("Sub", [seen, graph.constant(np.float32(OFFSET))])
    parts = [graph.network(network, centred) for network in reader.networks]
    both = graph.mean(parts)
    views = graph.add_split(both, 2, axis=0)
    classes = graph.mean(views)
    letters = graph.columns(classes, 0, NO_HAND)
    total = graph.add("ReduceSum", [letters, graph.constant(np.array([1]))], keepdims=1)
    graph.add("Div", [letters, total], output="letters")
    graph.hand(graph.columns(classes, NO_HAND, NO_HAND + 1), refusal_limit)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "sign-letters",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 1, PIXELS, PIXELS])],
            [
                helper.make_tensor_value_info("letters", TensorProto.FLOAT, ["n", NO_HAND]),
                helper.make_tensor_value_info("hand", TensorProto.FLOAT, ["n", 1]),
            ],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=9,
    )
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_bytes(model.SerializeToString())


def _folded(layer: nn.Sequential) -> tuple[np.ndarray, np.ndarray, nn.Conv2d]:
    """Weights and biases of a convolution and the normalisation behind it, as one convolution."""
    convolution, norm = layer
    assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weights = convolution.weight * factor[:, None, None, None]
    return _numbers(weights), _numbers(norm.bias - norm.running_mean * factor), convolution


def _numbers(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().contiguous().numpy()


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def add(self, operator: str, inputs: list[str], output: str | None = None, **attributes) -> str:
        name = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def add_split(self, value: str, parts: int, axis: int) -> list[str]:
        names = [f"t{len(self.nodes)}_{i}" for i in range(parts)]
        self.nodes.append(helper.make_node("Split", [value], names, axis=axis, num_outputs=parts))
        return names

    def constant(self, value: np.ndarray) -> str:
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weights(self, value: np.ndarray) -> str:
        """Kept in 16 bits, computed with in 32: half the file, and no difference that matters."""
        return self.add("Cast", [self.constant(value.astype(np.float16))], to=TensorProto.FLOAT)

    def mean(self, values: list[str]) -> str:
        return self.add("Mean", values)

    def mirrored(self, image: str) -> str:
        bounds = [self.constant(np.array([number])) for number in (-1, np.iinfo(np.int64).min, 3, -1)]
        return self.add("Slice", [image, *bounds])

    def columns(self, value: str, start: int, end: int) -> str:
        return self.add("Slice", [value, *(self.constant(np.array([number])) for number in (start, end, 1))])

    def hand(self, none: str, limit: float) -> None:
        """The odds of a hand, with those of the limit for even ones."""
        some = self.add("Mul", [self.add("Sub", [self.constant(np.float32(1)), none]), self.constant(np.float32(limit))])
        other = self.add("Mul", [none, self.constant(np.float32(1 - limit))])
        self.add("Div", [some, self.add("Add", [some, other])], output="hand")

    def network(self, network: SignNetwork, value: str) -> str:
        for layer in (*network.features, *network.classify):
            value = self.layer(layer, value)
        return self.add("Softmax", [value], axis=1)

    def layer(self, layer: nn.Module, value: str) -> str:
        match layer:
            case Residual():
                inner = value
                for part in layer.body:
                    inner = self.layer(part, inner)
                return self.add("Relu", [self.add("Add", [value, inner])])
            case nn.Sequential():
                weights, biases, convolution = _folded(layer)
                stride, padding = convolution.stride[0], convolution.padding[0]
                inputs = [value, self.weights(weights), self.weights(biases)]
                return self.add("Conv", inputs, strides=[stride] * 2, pads=[padding] * 4)
            case nn.ReLU():
                return self.add("Relu", [value])
            case nn.MaxPool2d():
                return self.add("MaxPool", [value], kernel_shape=[2, 2], strides=[2, 2])
            case nn.Flatten():
                return self.add("Flatten", [value], axis=1)
            case nn.Dropout():
                return value
            case nn.Linear():
                inputs = [value, self.weights(_numbers(layer.weight)), self.weights(_numbers(layer.bias))]
                return self.add("Gemm", inputs, transB=1)
        raise TypeError(f"no form in ONNX for {type(layer).__name__}")
