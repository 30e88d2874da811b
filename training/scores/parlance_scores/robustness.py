"""How much scores change when only the recording does: louder, softer, noisier, over a telephone."""

from collections.abc import Sequence

import numpy as np

from .corpus import TARGETS, Utterance
from .cross_validation import held_out_scores
from .feature_store import load_features
from .phone_recogniser import AlignedCorpus, align_variant
from .report import PHONE_SCALE, SCORE_SCALE
from .system import Scores, System
from .tables import Inputs, inputs_of

# Every tenth recording: the mean over 250 is known to a few hundredths of a point.
EVERY = 10
# Largest change in points of 100 that the issue allows.
LIMITS = {"louder": 3, "softer": 3, "noise": 6, "telephone": 8}


def score_variant(
    variant: str, utterances: Sequence[Utterance], folds: np.ndarray, aligned: AlignedCorpus, systems: list[System]
) -> Scores:
    """Scores of every tenth recording in a variant of its sound, aligned anew, by models that have not seen the speaker."""
    features = load_features(variant, utterances, EVERY)
    some, folds = utterances[::EVERY], folds[::EVERY]
    inputs = inputs_of(some, features, align_variant(aligned, features, some, folds))
    return held_out_scores(systems, inputs, folds)


def every_tenth(scores: Scores, inputs: Inputs) -> Scores:
    """The rows of `scores` that score_variant has."""
    return scores.of(np.arange(len(scores.utterance)) % EVERY == 0, inputs)


def changes(before: Scores, after: Scores) -> dict[str, float]:
    """Mean absolute change of each score, in points of 100."""
    found = {
        target: _change(before.utterance[:, i], after.utterance[:, i], SCORE_SCALE) for i, target in enumerate(TARGETS)
    }
    found["word"] = _change(before.word, after.word, SCORE_SCALE)
    found["phone"] = _change(before.phone, after.phone, PHONE_SCALE)
    return found


def _change(before: np.ndarray, after: np.ndarray, scale: tuple[float, float]) -> float:
    lowest, highest = scale
    return float(np.abs(np.clip(after, *scale) - np.clip(before, *scale)).mean()) * 100 / (highest - lowest)


def change_table(found: dict[str, dict[str, float]]) -> str:
    """Markdown; found: of each variant the changes."""
    names = list(next(iter(found.values())))
    lines = [f"| recording | at most | {' | '.join(names)} |", f"| --- | --- |{' --- |' * len(names)}"]
    for variant, values in found.items():
        lines.append(f"| {variant} | {LIMITS[variant]} | {' | '.join(f'{values[name]:.1f}' for name in names)} |")
    return "\n".join(lines)
