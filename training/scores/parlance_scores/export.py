"""Writes the trained models for the inference service: four ONNX files and `scores.json`, which says what goes in and out."""

import json
from pathlib import Path

import numpy as np

from .corpus import TARGETS
from .feature_store import FRAME_WIDTH
from .intervals import Intervals
from .onnx_writer import GraphWriter
from .pause_facts import NAMES
from .phone_recogniser import AlignedCorpus, PRIOR_SHARE
from .phone_set import CLASSES, PHONES
from .regressors import LinearModel
from .system import System
from .whisper import FRAME_SECONDS, LOUDEST

FILES = ("frames", "phones", "words", "utterances")


def export(folder: Path, aligned: AlignedCorpus, system: System, intervals: dict[str, Intervals]) -> dict[str, int]:
    """Returns each file's size in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"licence": "Apache-2.0", "trained_on": "speechocean762, train split"}
    _frames_graph(aligned, system).write(folder / "frames.onnx", metadata)
    for name, network, rows in (("phones", system.phone, "phones"), ("words", system.word, "words")):
        graph = GraphWriter(name)
        x = graph.input("features", [rows, len(network.scaler.mean)])
        graph.output(graph.network(x, network), "score", [rows, 1])
        graph.write(folder / f"{name}.onnx", metadata)
    _utterances_graph(system).write(folder / "utterances.onnx", metadata)
    (folder / "scores.json").write_text(json.dumps(_description(aligned, intervals), indent=1) + "\n")
    return {file.name: file.stat().st_size for file in sorted(folder.glob("*.onnx"))}


def _frames_graph(aligned: AlignedCorpus, system: System) -> GraphWriter:
    """layers [frames, 3072] → log posteriors of the phones, and what each expert makes of each frame.

    Experts are linear, so that their score of a phone is the mean over its frames.
    """
    graph = GraphWriter("frames")
    x = graph.input("layers", ["frames", FRAME_WIDTH])
    projection = aligned.projection
    classifier = aligned.classifier
    logits = _folded(projection.mean, projection.matrix, classifier.weights, classifier.bias)
    graph.output(graph.op("LogSoftmax", graph.linear(x, *logits), axis=1), "log_posteriors", ["frames", CLASSES])
    experts = [_unscaled(system.phone_experts[i]) for i in range(len(PHONES))]
    weights = np.concatenate([weights for weights, _ in experts], axis=1)
    bias = np.concatenate([bias for _, bias in experts])
    graph.output(
        graph.linear(x, *_folded(projection.mean, projection.matrix, weights, bias)), "phone_experts", ["frames", len(PHONES)]
    )
    word = _unscaled(system.word_expert)
    graph.output(graph.linear(x, *_folded(projection.mean, projection.matrix, *word)), "word_expert", ["frames", 1])
    return graph


def _utterances_graph(system: System) -> GraphWriter:
    """Two steps in one file: `pooled` → `base`, which phones and words need, and `features` → `score`."""
    graph = GraphWriter("utterances")
    pooled = graph.input("pooled", ["utterances", len(system.base.scaler.mean)])
    graph.output(graph.linear_model(pooled, system.base), "base", ["utterances", len(TARGETS)])
    features = graph.input("features", ["utterances", len(system.utterance.scaler.mean)])
    graph.output(graph.network(features, system.utterance), "score", ["utterances", len(TARGETS)])
    return graph


def _folded(mean: np.ndarray, matrix: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One matrix for (x − mean) · matrix · weights + bias."""
    both = matrix @ weights
    return both, bias - mean @ both


def _unscaled(model: LinearModel) -> tuple[np.ndarray, np.ndarray]:
    weights = model.weights / model.scaler.scale[:, None]
    return weights, model.bias - model.scaler.mean @ weights


def _description(aligned: AlignedCorpus, intervals: dict[str, Intervals]) -> dict:
    return {
        "encoder": "whisper-base, f32, residual stream behind each of its six blocks, the last one normalised",
        "loudestLogMel": LOUDEST,
        "frameSeconds": FRAME_SECONDS,
        "phones": PHONES,
        "targets": TARGETS,
        "pauseFacts": NAMES,
        "priorShare": PRIOR_SHARE,
        "logPriors": _rounded(aligned.classifier.log_prior),
        "intervals": {
            name: {"knots": _rounded(each.knots), "below": _rounded(each.below), "above": _rounded(each.above)}
            for name, each in intervals.items()
        },
    }


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in values]
