"""Writes the models as ONNX graphs that the inference service loads: opset 20, IR version 9, as `libs/model-compiler` does."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .regressors import LinearModel, Network, Scaler

_OPSET, _IR = 20, 9


class GraphWriter:
    """Collects operators; every method returns the name of its output."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, shape: list[str | int]) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, value: str, name: str, shape: list[str | int]) -> None:
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def weight(self, values: np.ndarray) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def linear(self, x: str, weights: np.ndarray, bias: np.ndarray) -> str:
        return self.op("Gemm", x, self.weight(weights), self.weight(bias))

    def scale(self, x: str, scaler: Scaler) -> str:
        centred = self.op("Sub", x, self.weight(scaler.mean))
        scaled = self.op("Div", centred, self.weight(scaler.scale))
        return self.op("Clip", scaled, self.weight(np.array(-scaler.limit)), self.weight(np.array(scaler.limit)))

    def linear_model(self, x: str, model: LinearModel) -> str:
        return self.linear(self.scale(x, model.scaler), model.weights, model.bias)

    def network(self, x: str, network: Network) -> str:
        scaled = self.scale(x, network.scaler)
        outputs = [
            self.linear(self.op("Relu", self.linear(scaled, w1, b1)), w2, b2) for w1, b1, w2, b2 in network.members
        ]
        return self.op("Mean", *outputs)

    def write(self, path: Path, metadata: dict[str, str]) -> None:
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, self._weights)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR, producer_name="parlance"
        )
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, path)
