"""Inputs of each level's model: phones, words, whole utterances. Each level sees the scores that the levels before it gave."""

import numpy as np

from .grouping import group_least, group_mean, group_quantile
from .tables import Inputs

# Columns of PhoneFeatures.goodness that are averaged over words and utterances.
_LOG_POSTERIOR, _MARGIN, _WORST, _SHARE_BEST = 0, 1, 2, 3


def phone_inputs(inputs: Inputs, base: np.ndarray, experts: np.ndarray) -> np.ndarray:
    """float32 [phones, …]. base: [utterances, TARGETS], scores of the whole utterance. experts: [phones]."""
    phones = inputs.phones
    utterances = len(base)
    goodness = group_mean(phones.goodness, phones.utterance, utterances)
    likelihood = inputs.likelihood
    of_utterance = np.concatenate(
        [base, goodness, group_mean(likelihood, inputs.word_utterance, utterances), inputs.facts[:, [11, 12]]], axis=1
    )
    return np.concatenate(
        [phones.matrix(), experts[:, None], likelihood[phones.word], of_utterance[phones.utterance]], axis=1
    ).astype(np.float32)


def word_inputs(inputs: Inputs, base: np.ndarray, experts: np.ndarray, phone_scores: np.ndarray) -> np.ndarray:
    """float32 [words, …]. experts: [words]. phone_scores: [phones]."""
    phones, words, utterances = inputs.phones, len(inputs.word_utterance), len(base)
    goodness = phones.goodness
    count = np.bincount(phones.word, minlength=words)
    own = np.stack(
        [
            group_least(phone_scores, phones.word, words),
            group_mean(phone_scores, phones.word, words)[:, 0],
            group_least(goodness[:, _LOG_POSTERIOR], phones.word, words),
            group_least(goodness[:, _MARGIN], phones.word, words),
            np.log(np.bincount(phones.word, np.exp(goodness[:, -1]), words)),
            count,
            np.log(count),
            experts,
        ],
        axis=1,
    )
    own = np.concatenate([own, group_mean(goodness, phones.word, words), inputs.likelihood], axis=1)
    neighbours = [_shifted(own[:, [0, 1, 2, 3, -4]], inputs.word_utterance, offset) for offset in (-1, 1)]
    of_utterance = np.stack(
        [
            group_mean(phone_scores, phones.utterance, utterances)[:, 0],
            group_quantile(phone_scores, phones.utterance, utterances, 0.1),
            group_mean(inputs.likelihood[:, 0], inputs.word_utterance, utterances)[:, 0],
            np.log(np.bincount(inputs.word_utterance, minlength=utterances)),
        ],
        axis=1,
    )
    of_utterance = np.concatenate([base, of_utterance], axis=1)[inputs.word_utterance]
    return np.concatenate([own, *neighbours, of_utterance], axis=1).astype(np.float32)


def utterance_inputs(inputs: Inputs, base: np.ndarray, phone_scores: np.ndarray, word_scores: np.ndarray) -> np.ndarray:
    """float32 [utterances, …]. phone_scores: [phones]. word_scores: [words]."""
    utterances = len(base)
    phones, owner = inputs.phones, inputs.word_utterance
    columns = [
        np.stack(
            [
                group_mean(values, of, utterances)[:, 0],
                group_least(values, of, utterances),
                group_quantile(values, of, utterances, 0.1),
                group_quantile(values, of, utterances, 0.3),
                group_mean((values < limit).astype(np.float32), of, utterances)[:, 0],
            ],
            axis=1,
        )
        for values, of, limit in ((phone_scores, phones.utterance, 1.6), (word_scores, owner, 7.5))
    ]
    return np.concatenate(
        [
            base,
            inputs.facts,
            *columns,
            group_mean(phones.goodness, phones.utterance, utterances),
            group_mean(inputs.likelihood, owner, utterances),
            group_least(inputs.likelihood[:, 0], owner, utterances)[:, None],
        ],
        axis=1,
    ).astype(np.float32)


def _shifted(values: np.ndarray, owner: np.ndarray, offset: int) -> np.ndarray:
    """Each row's neighbour of the same owner; the row itself at the ends."""
    at = np.clip(np.arange(len(values)) + offset, 0, len(values) - 1)
    at = np.where(owner[at] == owner, at, np.arange(len(values)))
    return values[at]
