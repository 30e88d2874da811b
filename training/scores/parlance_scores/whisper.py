"""The published whisper-base as the inference service runs it: the graphs that `libs/model-compiler` writes (its GRAPHS.md), by
ONNX Runtime in f32. The encoder sees a recording at its own length.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from tokenizers import Tokenizer

from .audio import Samples

FRAME_SECONDS = 0.02
LAYERS = 6
WIDTH = 512
# Whisper compresses the log-mel to the 8 decades below its maximum; the maximum of every recording is put here, where that of
# a voice near a microphone lies, so that nothing depends on the gain.
LOUDEST = 1.5
_DYNAMIC_RANGE = 8.0
_CONTEXT = 200
_HOP = 160
_FEWEST_FRAMES = 4
PROVIDERS = ["CPUExecutionProvider"]


@dataclass(frozen=True)
class Encoding:
    """What the encoder makes of one recording of n frames of 20 ms."""

    layers: np.ndarray
    """float32 [n, LAYERS, WIDTH]: the residual stream behind each block, the last one normalised."""
    log_mel: np.ndarray
    """float32 [2n, 80], log10, loudest = LOUDEST."""
    gain: float
    """Factor of the samples' amplitude that puts the loudest there."""
    cross: dict[str, np.ndarray]
    """Keys and values for the decoder."""


class Whisper:
    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.manifest = json.loads((folder / "manifest.json").read_text(encoding="utf8"))
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._mel = onnxruntime.InferenceSession(folder / "mel.onnx", _options(threads), PROVIDERS)
        self._align = onnxruntime.InferenceSession(folder / "align.f32.onnx", _options(threads), PROVIDERS)
        graph, self._layer_names = _with_layer_outputs(folder / "encoder.f32.onnx")
        self._encoder = _open_with_weights(graph, folder, threads)

    def encode(self, samples: Samples) -> Encoding:
        log_mel, gain = self._log_mel(samples)
        mel = (np.maximum(log_mel, LOUDEST - _DYNAMIC_RANGE) + 4) / 4
        names = [output.name for output in self._encoder.get_outputs()]
        outputs = dict(zip(names, self._encoder.run(None, {"mel": mel[None].astype(np.float32)})))
        layers = np.stack([outputs.pop(name)[0] for name in self._layer_names], axis=1)
        return Encoding(layers=layers, log_mel=log_mel.T, gain=gain, cross=outputs)

    def word_likelihoods(self, encoding: Encoding, words: list[str]) -> list[np.ndarray]:
        """For each word the natural logarithms of its tokens' probabilities, given the recording and the words before it."""
        special = self.manifest["tokens"]
        start = [special["sot"], special["languages"]["en"], special["transcribe"], special["noTimestamps"]]
        pieces = [self.tokenizer.encode(f" {word}", add_special_tokens=False).ids for word in words]
        tokens = [*start, *(token for piece in pieces for token in piece), special["eot"]]
        inputs = {
            "tokens": np.array([tokens], dtype=np.int64),
            "heard": np.array([max(_FEWEST_FRAMES, len(encoding.layers))], dtype=np.int64),
            **encoding.cross,
        }
        (probabilities,) = self._align.run(["token_probs"], inputs)
        logs = np.log(np.maximum(probabilities[0], 1e-10))
        found, at = [], len(start) - 1
        for piece in pieces:
            found.append(logs[at : at + len(piece)].astype(np.float32))
            at += len(piece)
        return found

    def _log_mel(self, samples: Samples) -> tuple[np.ndarray, float]:
        """float [80, frames], frames even; and the gain that was applied."""
        frames = max(2 * _FEWEST_FRAMES, len(samples) // _HOP // 2 * 2)
        needed = 2 * _CONTEXT + (frames - 1) * _HOP
        padded = np.pad(samples, _CONTEXT, mode="reflect")
        padded = np.pad(padded, (0, max(0, needed - len(padded))))[:needed]
        (log_mel,) = self._mel.run(None, {"samples": padded[None].astype(np.float32)})
        shift = LOUDEST - float(log_mel.max())
        return log_mel[0] + shift, 10 ** (shift / 2)


def written(words: list[str]) -> list[str]:
    """Upper-case words as Whisper would write them in a sentence: it has seen few texts in capitals."""
    lower = [word.lower() for word in words]
    return [
        word.capitalize() if i == 0 or word == "i" or word.startswith("i'") else word for i, word in enumerate(lower)
    ]


def _with_layer_outputs(path: Path) -> tuple[onnx.ModelProto, list[str]]:
    """The encoder's graph with the residual stream behind each block as further outputs."""
    model = onnx.load(path, load_external_data=False)
    norms = {node.input[1]: node for node in model.graph.node if node.op_type == "LayerNormalization"}
    names = [norms[f"encoder.layers.{i}.self_attn_layer_norm.weight"].input[0] for i in range(1, LAYERS)]
    names.append(norms["encoder.layer_norm.weight"].output[0])
    for name in names:
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["b", "frames", WIDTH]))
    return model, names


def _open_with_weights(
    model: onnx.ModelProto, folder: Path, threads: int
) -> onnxruntime.InferenceSession:
    """Opens a changed graph whose weights are the external data of the one it was made from."""
    options = _options(threads)
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    return onnxruntime.InferenceSession(model.SerializeToString(), options, PROVIDERS)


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return options
