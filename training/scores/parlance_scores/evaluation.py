"""How well scores agree with the mean of raters, and how well raters agree with each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_RESAMPLES = 1000
RATERS = 5


@dataclass(frozen=True)
class Agreement:
    """Pearson correlation with its 95 % interval, and the root mean square of the error in the scale of the scores."""

    pearson: float
    low: float
    high: float
    rmse: float
    count: int

    def __str__(self) -> str:
        return f"{self.pearson:.3f} ({self.low:.3f}–{self.high:.3f})"


def pearson(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) < 3 or np.std(a) == 0 or np.std(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def agreement(predicted: np.ndarray, truth: np.ndarray, speakers: Sequence[str], seed: int = 0) -> Agreement:
    """The interval is the bootstrap's over speakers: what one speaker said is not independent (Efron and Tibshirani, 1993).

    Not a number where there is nothing to compare.
    """
    if len(truth) == 0:
        return Agreement(*[float("nan")] * 4, 0)
    names, owner = np.unique(np.asarray(speakers), return_inverse=True)
    # A correlation needs only sums, so that a resample costs one product of counts and sums of each speaker.
    x, y = predicted - predicted.mean(), truth - truth.mean()
    sums = np.stack(
        [np.bincount(owner, weights, len(names)) for weights in (np.ones_like(x), x, y, x * x, y * y, x * y)], axis=1
    )
    random = np.random.default_rng(seed)
    draws = random.multinomial(len(names), np.full(len(names), 1 / len(names)), _RESAMPLES)
    n, sx, sy, sxx, syy, sxy = (draws @ sums).T
    with np.errstate(divide="ignore", invalid="ignore"):
        # A resample of equal scores has no correlation.
        resampled = (n * sxy - sx * sy) / np.sqrt((n * sxx - sx**2) * (n * syy - sy**2))
    low, high = np.nanquantile(resampled, [0.025, 0.975])
    rmse = float(np.sqrt(np.mean((predicted - truth) ** 2)))
    return Agreement(pearson(predicted, truth), float(low), float(high), rmse, len(truth))


def one_rater(raters: Sequence[Sequence[float]]) -> float:
    """Correlation of one rater with the mean of the others, mean over the five raters; of items that all five have scored.

    Each rater's scores stand at the same place of every item. Raters are compared one by one: they differ in how severe they are, which no
    correlation should count.
    """
    scores = np.array([each for each in raters if len(each) == RATERS], float)
    if len(scores) == 0:
        return float("nan")
    others = (scores.sum(axis=1, keepdims=True) - scores) / (RATERS - 1)
    return float(np.mean([pearson(scores[:, i], others[:, i]) for i in range(RATERS)]))


def coverage(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Share of true values within their intervals."""
    return float(np.mean((truth >= low) & (truth <= high)))
