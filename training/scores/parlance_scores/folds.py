"""Five folds by speaker: nobody is in training and in the test."""

from collections.abc import Sequence

import numpy as np

FOLDS = 5
SEED = 22


def speaker_folds(speakers: Sequence[str], folds: int = FOLDS) -> np.ndarray:
    """int [n]: the fold of each utterance. Speakers are shuffled once, by a fixed seed, and dealt out in turn."""
    names = sorted(set(speakers))
    order = np.random.default_rng(SEED).permutation(len(names))
    fold_of = {names[speaker]: i % folds for i, speaker in enumerate(order)}
    return np.array([fold_of[speaker] for speaker in speakers])
