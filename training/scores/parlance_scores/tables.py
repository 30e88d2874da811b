"""Labels and features of all recordings as tables that models are fitted to: one row for each utterance, word and phone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .corpus import TARGETS, Utterance
from .feature_store import Features
from .phone_features import PhoneFeatures, phone_features
from .phone_recogniser import AlignedCorpus, phones_of


@dataclass(frozen=True)
class Labels:
    """Means of the raters and how much each counts: more where raters agree."""

    utterance: np.ndarray
    """float32 [utterances, TARGETS], 0–10"""
    word: np.ndarray
    """float32 [words], accuracy, 0–10"""
    stress: np.ndarray
    """float32 [words], 0–10"""
    phone: np.ndarray
    """float32 [phones], 0–2"""
    utterance_weight: np.ndarray
    word_weight: np.ndarray
    phone_weight: np.ndarray


@dataclass(frozen=True)
class Inputs:
    """What is known of the recordings without any label."""

    pooled: np.ndarray
    """float32 [utterances, …]: mean and standard deviation of the encoder's frames, and facts of pauses"""
    facts: np.ndarray
    """float32 [utterances, …]: facts of pauses alone"""
    phones: PhoneFeatures
    word_utterance: np.ndarray
    """int [words]: index of the utterance"""
    likelihood: np.ndarray
    """float32 [words, 4]: mean, least, first and sum of the logarithms of the word's token probabilities"""


def labels_of(utterances: Sequence[Utterance]) -> Labels:
    words = [word for utterance in utterances for word in utterance.words]
    phones = [phone for word in words for phone in word.phones]
    spread = np.array([[each.spread(target) for target in TARGETS] for each in utterances])
    return Labels(
        utterance=np.array([[each.mean(target) for target in TARGETS] for each in utterances], np.float32),
        word=np.array([np.mean(word.accuracy) for word in words], np.float32),
        stress=np.array([np.mean(word.stress) for word in words], np.float32),
        phone=np.array([phone.score for phone in phones], np.float32),
        utterance_weight=_by_agreement((spread**2).mean(axis=1)),
        word_weight=_by_agreement(np.array([np.var(word.accuracy) for word in words])),
        phone_weight=_by_agreement(np.array([phone.spread**2 for phone in phones])),
    )


def inputs_of(utterances: Sequence[Utterance], features: Features, aligned: AlignedCorpus) -> Inputs:
    rows = [features.rows(i) for i in range(len(utterances))]
    logs = [np.array(word, np.float32) for words in features.token_logs for word in words]
    return Inputs(
        pooled=np.concatenate([features.pooled, features.facts], axis=1),
        facts=features.facts,
        phones=phone_features(
            [aligned.frames[each] for each in rows],
            [aligned.log_posteriors[each] for each in rows],
            aligned.segments,
            [phones_of(each) for each in utterances],
        ),
        word_utterance=np.repeat(np.arange(len(utterances)), [len(each.words) for each in utterances]),
        likelihood=np.array([(log.mean(), log.min(), log[0], log.sum()) for log in logs], np.float32),
    )


def _by_agreement(variance: np.ndarray) -> np.ndarray:
    """1 for the mean variance between raters; the mean of n raters errs by σ² / n, beside what no feature can tell."""
    return (2 / (1 + variance / max(1e-9, float(variance.mean())))).astype(np.float32)
