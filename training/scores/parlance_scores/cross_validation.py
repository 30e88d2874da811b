"""Scores of every recording by models that have not seen its speaker."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .folds import FOLDS
from .system import Scores, System, fit_system
from .tables import Inputs, Labels


@dataclass(frozen=True)
class CrossValidation:
    scores: Scores
    """Out of fold."""
    systems: list[System]
    """systems[k] has not seen the speakers of fold k."""


def cross_validate(
    inputs: Inputs, labels: Labels, folds: np.ndarray, seed: int, say: Callable[[str], None]
) -> CrossValidation:
    systems = []
    for fold in range(FOLDS):
        systems.append(fit_system(inputs, labels, folds, folds != fold, seed))
        say(f"fold {fold + 1} of {FOLDS} is fitted")
    return CrossValidation(held_out_scores(systems, inputs, folds), systems)


def held_out_scores(systems: list[System], inputs: Inputs, folds: np.ndarray) -> Scores:
    """Each recording scored by the system that has not seen its speaker. folds: int [utterances] of these inputs."""
    found = [system.predict(inputs) for system in systems]
    return Scores(
        utterance=_pick([each.utterance for each in found], folds),
        word=_pick([each.word for each in found], folds[inputs.word_utterance]),
        phone=_pick([each.phone for each in found], folds[inputs.phones.utterance]),
        base=_pick([each.base for each in found], folds),
    )


def _pick(candidates: list[np.ndarray], which: np.ndarray) -> np.ndarray:
    return np.stack(candidates)[which, np.arange(len(which))]
