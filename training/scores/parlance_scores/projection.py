"""Fewer numbers for a frame: the encoder's 3,072 are standardised and projected on their main directions."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

_BATCH = 20_000


@dataclass(frozen=True)
class Projection:
    """y = (x − mean) · matrix; the components have unit variance."""

    mean: np.ndarray
    """float32 [inputs]"""
    matrix: np.ndarray
    """float32 [inputs, components]"""

    def apply(self, frames: np.ndarray) -> np.ndarray:
        """float32 [n, components], in batches, since the frames may lie on the disk."""
        bias = self.mean @ self.matrix
        out = np.empty((len(frames), self.matrix.shape[1]), np.float32)
        for start in range(0, len(frames), _BATCH):
            rows = slice(start, start + _BATCH)
            out[rows] = np.asarray(frames[rows], np.float32) @ self.matrix - bias
        return out


def fit_projection(frames: np.ndarray, components: int) -> Projection:
    """Principal components of standardised frames (no label is used). frames: [n, inputs], a sample that fits in memory."""
    x = np.asarray(frames, np.float32)
    mean, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64) + 1e-6
    x = ((x - mean) / scale).astype(np.float32)
    covariance = (x.T @ x) / len(x)
    inputs = len(covariance)
    values, vectors = eigh(covariance, subset_by_index=(inputs - components, inputs - 1))
    matrix = vectors / scale[:, None] / np.sqrt(values)
    return Projection(mean.astype(np.float32), matrix.astype(np.float32))
