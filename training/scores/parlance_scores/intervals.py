"""95 % intervals by conformal prediction: how far out-of-fold scores lay from the mean of raters, near a score like this one.

Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World" (2005); residuals of cross-validation as in Vovk's
cross-conformal predictors (2015). Low scores are less certain than high ones, so the residuals are those of the nearest predictions.
"""

from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
_KNOTS = 9
_NEIGHBOURS = 500


@dataclass(frozen=True)
class Intervals:
    """What to add to a score for the ends of its interval: linear between knots, constant beyond them."""

    knots: np.ndarray
    below: np.ndarray
    above: np.ndarray
    lowest: float
    highest: float

    def ends(self, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low = predicted + np.interp(predicted, self.knots, self.below)
        high = predicted + np.interp(predicted, self.knots, self.above)
        return np.clip(low, self.lowest, self.highest), np.clip(high, self.lowest, self.highest)


def fit_intervals(predicted: np.ndarray, truth: np.ndarray, lowest: float, highest: float) -> Intervals:
    """predicted: out-of-fold, [n]. truth: [n]. lowest, highest: ends of the scale."""
    order = np.argsort(predicted)
    p, residual = predicted[order], (truth - predicted)[order]
    count = min(len(p), max(_NEIGHBOURS, len(p) // 20))
    knots = np.quantile(p, np.linspace(0.01, 0.99, _KNOTS))
    # Equal knots (scores at the end of the scale) would make the interpolation ambiguous.
    knots = np.unique(knots)
    tail = (1 - LEVEL) / 2
    # The finite-sample correction of split conformal prediction.
    tail = max(0.0, tail - tail / (count + 1))
    below, above = [], []
    for knot in knots:
        first = int(np.clip(np.searchsorted(p, knot) - count // 2, 0, len(p) - count))
        near = residual[first : first + count]
        below.append(np.quantile(near, tail))
        above.append(np.quantile(near, 1 - tail))
    return Intervals(knots, np.array(below), np.array(above), lowest, highest)
