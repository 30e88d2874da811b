"""Whether anything leaks in the cross-validation: one fold's speakers scored by models for which nothing of them was used at all.

In the cross-validation the projection and the first rounds of the alignment see the sound and the text of all speakers. Here they see
the training speakers' alone.
"""

from collections.abc import Sequence

import numpy as np

from .corpus import TARGETS, Utterance
from .evaluation import pearson
from .feature_store import Features
from .phone_recogniser import align_corpus, align_variant
from .system import Scores, fit_system
from .tables import Inputs, Labels, inputs_of, labels_of

FOLD = 0


def held_out_fold(utterances: Sequence[Utterance], features: Features, folds: np.ndarray, seed: int) -> Scores:
    """Scores of the speakers of FOLD, by models of the others."""
    known, new = np.flatnonzero(folds != FOLD), np.flatnonzero(folds == FOLD)
    ours, theirs = ([utterances[i] for i in rows] for rows in (known, new))
    our_features = features.of(known)
    # Nobody here is of FOLD: its classifier learns from all of these.
    aligned = align_corpus(our_features, ours, folds[known], seed)
    everyone = np.ones(len(ours), bool)
    system = fit_system(inputs_of(ours, our_features, aligned), labels_of(ours), folds[known], everyone, seed)
    their_features = features.of(new)
    return system.predict(inputs_of(theirs, their_features, align_variant(aligned, their_features, theirs, folds[new])))


def comparison(
    folds: np.ndarray, inputs: Inputs, labels: Labels, validated: Scores, held_out: Scores
) -> dict[str, tuple[float, float]]:
    """Of each score the correlation with the raters in FOLD: as cross-validated, and with nothing of its speakers used.

    inputs, labels, validated: of all utterances. held_out: of those of FOLD.
    """
    kept = folds == FOLD
    before = validated.of(kept, inputs)
    words, phones = labels.word[kept[inputs.word_utterance]], labels.phone[kept[inputs.phones.utterance]]
    found = {
        target: tuple(pearson(scores.utterance[:, i], labels.utterance[kept, i]) for scores in (before, held_out))
        for i, target in enumerate(TARGETS)
    }
    found["word"] = tuple(pearson(scores.word, words) for scores in (before, held_out))
    found["phone"] = tuple(pearson(scores.phone, phones) for scores in (before, held_out))
    return found


def comparison_table(found: dict[str, tuple[float, float]]) -> str:
    """Markdown."""
    lines = ["| score | cross-validated | nothing of the speakers used |", "| --- | --- | --- |"]
    lines += [f"| {name} | {before:.3f} | {after:.3f} |" for name, (before, after) in found.items()]
    return "\n".join(lines)
