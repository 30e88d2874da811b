"""Which phone a frame is: multinomial logistic regression on projected encoder frames, by Adam (Kingma and Ba, 2015)."""

from dataclasses import dataclass

import numpy as np

from .phone_set import CLASSES

_BATCH = 2048
_RATE = 2e-3
_DECAY = 1e-5


@dataclass
class FrameClassifier:
    weights: np.ndarray
    """float32 [components, CLASSES]"""
    bias: np.ndarray
    """float32 [CLASSES]"""
    log_prior: np.ndarray
    """float32 [CLASSES]: how frequent a class was in training"""

    def log_posteriors(self, frames: np.ndarray) -> np.ndarray:
        """float32 [n, CLASSES]: natural logarithms."""
        return log_softmax(frames @ self.weights + self.bias)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def fit_classifier(
    frames: np.ndarray, classes: np.ndarray, weight: np.ndarray, epochs: int, seed: int, start: FrameClassifier | None = None
) -> FrameClassifier:
    """frames: float32 [n, components]. classes: int [n]. weight: float32 [n], how much a frame counts."""
    random = np.random.default_rng(seed)
    w = np.zeros((frames.shape[1], CLASSES), np.float32) if start is None else start.weights.copy()
    b = np.zeros(CLASSES, np.float32) if start is None else start.bias.copy()
    used = np.flatnonzero(weight > 0)
    moments = [[np.zeros_like(p), np.zeros_like(p)] for p in (w, b)]
    step, steps = 0, epochs * -(-len(used) // _BATCH)
    for _ in range(epochs):
        order = random.permutation(used)
        for first in range(0, len(order), _BATCH):
            rows = order[first : first + _BATCH]
            x = frames[rows]
            error = np.exp(log_softmax(x @ w + b))
            error[np.arange(len(rows)), classes[rows]] -= 1
            error *= (weight[rows] / len(rows))[:, None]
            step += 1
            rate = _RATE * (1 - (step - 1) / steps)
            for parameter, gradient, (mean, square) in zip((w, b), (x.T @ error + _DECAY * w, error.sum(axis=0)), moments):
                mean += 0.1 * (gradient - mean)
                square += 0.001 * (gradient**2 - square)
                corrected = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
                parameter -= (rate * corrected).astype(np.float32)
    counts = np.bincount(classes[used], weight[used], CLASSES) + 1
    return FrameClassifier(w, b, np.log(counts / counts.sum()).astype(np.float32))
