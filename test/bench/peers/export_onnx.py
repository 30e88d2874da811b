"""export_onnx.py CHECKPOINT FOLDER: the checkpoint as transformers.js loads it: the tokenizer's files, and under onnx/ the encoder
and the merged decoder in f32 and in 8 bits (q8, as its own conversion script quantizes: per tensor, weights only by their operators).
"""

import shutil
import sys
import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from optimum.exporters.onnx import main_export

GRAPHS = ("encoder_model", "decoder_model_merged")


def quantize(source: Path, target: Path) -> None:
    operators = {node.op_type for node in walk(onnx.load(str(source)).graph)}
    # The convolutions have no 8-bit kernel that takes signed weights; with them the runtime refuses the graph.
    weights = QuantType.QUInt8 if "Conv" in operators else QuantType.QInt8
    quantize_dynamic(str(source), str(target), weight_type=weights, extra_options={"EnableSubgraph": True})


def walk(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from walk(attribute.g)


def main(checkpoint: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as exported:
        main_export(str(checkpoint), output=exported, task="automatic-speech-recognition-with-past", do_validation=False)
        (folder / "onnx").mkdir(parents=True, exist_ok=True)
        for graph in GRAPHS:
            source = Path(exported) / f"{graph}.onnx"
            shutil.copyfile(source, folder / "onnx" / source.name)
            quantize(source, folder / "onnx" / f"{graph}_quantized.onnx")
    for file in checkpoint.glob("*.json"):
        if not file.name.endswith(".index.json"):
            shutil.copyfile(file, folder / file.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
