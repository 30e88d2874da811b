"""Small regressors that can be written as ONNX: ridge regression and ensembles of one-layer networks."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor

_SMALLEST_SCALE = 1e-4


@dataclass(frozen=True)
class Scaler:
    """(x − mean) / scale, limited to ±limit so that what was never seen cannot drive a score away."""

    mean: np.ndarray
    scale: np.ndarray
    limit: float = 5.0

    @staticmethod
    def fit(x: np.ndarray, limit: float = 5.0) -> "Scaler":
        mean, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
        return Scaler(mean.astype(np.float32), np.where(scale < _SMALLEST_SCALE, 1, scale).astype(np.float32), limit)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.clip((x - self.mean) / self.scale, -self.limit, self.limit).astype(np.float32)


@dataclass(frozen=True)
class LinearModel:
    scaler: Scaler
    weights: np.ndarray
    """float32 [inputs, outputs]"""
    bias: np.ndarray

    def predict(self, x: np.ndarray) -> np.ndarray:
        """float32 [n, outputs]"""
        return self.scaler(x) @ self.weights + self.bias


def fit_ridge(x: np.ndarray, y: np.ndarray, weight: np.ndarray, alpha: float, limit: float = 5.0) -> LinearModel:
    """x: [n, inputs]. y: [n, outputs]. weight: [n]. alpha: penalty for each sample (it grows with n). limit: Scaler's."""
    scaler = Scaler.fit(x, limit)
    ridge = Ridge(alpha=alpha * len(x), solver="auto").fit(scaler(x), y, sample_weight=weight)
    # scikit-learn drops the dimension of a single output.
    weights = np.reshape(ridge.coef_, (y.shape[1], x.shape[1])).T
    return LinearModel(scaler, weights.astype(np.float32), np.reshape(ridge.intercept_, -1).astype(np.float32))


@dataclass(frozen=True)
class Network:
    """mean over members of relu(x·W₁ + b₁)·W₂ + b₂, with one scaler before them."""

    scaler: Scaler
    members: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """float32 [n, outputs]"""
        scaled = self.scaler(x)
        return np.mean([np.maximum(scaled @ w1 + b1, 0) @ w2 + b2 for w1, b1, w2, b2 in self.members], axis=0)


@dataclass(frozen=True)
class NetworkShape:
    hidden: int
    alpha: float
    epochs: int
    members: int = 3
    rate: float = 1e-3
    batch: int = 256


def fit_network(x: np.ndarray, y: np.ndarray, weight: np.ndarray, shape: NetworkShape, seed: int) -> Network:
    """x: [n, inputs]. y: [n, outputs]. weight: [n]."""
    scaler = Scaler.fit(x)
    scaled = scaler(x)
    # Adam's steps are of one size: targets of unit variance about zero are learned at the same pace whatever their scale.
    target = Scaler.fit(y, limit=np.inf)
    scaled_y = target(y)
    members = []
    for member in range(shape.members):
        network = MLPRegressor(
            hidden_layer_sizes=(shape.hidden,),
            alpha=shape.alpha,
            batch_size=min(shape.batch, len(x)),
            learning_rate_init=shape.rate,
            max_iter=shape.epochs,
            tol=0,
            n_iter_no_change=shape.epochs,
            random_state=seed + member,
        )
        with warnings.catch_warnings():
            # The number of epochs is a choice here, not a sign that more are needed.
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(scaled, scaled_y[:, 0] if y.shape[1] == 1 else scaled_y, sample_weight=weight)
        (w1, w2), (b1, b2) = network.coefs_, network.intercepts_
        parts = (w1, b1, w2 * target.scale, b2 * target.scale + target.mean)
        members.append(tuple(part.astype(np.float32) for part in parts))
    return Network(scaler, members)
