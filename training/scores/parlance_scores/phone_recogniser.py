"""Learns which frames are which phone from texts alone, and aligns every recording by a classifier that has not seen its speaker.

Flat start as in Kaldi's and HTK's monophone training: phones of the same length at first, then classifier and alignment in turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .alignment import Segment, align, classes_of, spread_evenly
from .corpus import Utterance
from .feature_store import Features
from .folds import FOLDS
from .frame_classifier import FrameClassifier, fit_classifier
from .phone_set import CLASSES
from .projection import Projection, fit_projection

COMPONENTS = 512
_ROUNDS = 5
_EPOCHS = 3
PRIOR_SHARE = 0.7
_SAMPLE = 30_000


@dataclass(frozen=True)
class AlignedCorpus:
    """Frames of all recordings with what the classifiers make of them; row ranges as in Features."""

    projection: Projection
    classifier: FrameClassifier
    """Learned from all speakers: for new ones."""
    by_fold: list[FrameClassifier]
    """Each learned from the speakers of the other folds."""
    frames: np.ndarray
    """float32 [all frames, COMPONENTS]"""
    log_posteriors: np.ndarray
    """float32 [all frames, CLASSES], by the classifier that has not seen the speaker"""
    segments: list[list[Segment]]
    """Of each utterance one for each phone, likewise; rows within the utterance"""


def phones_of(utterance: Utterance) -> list[list[str]]:
    return [[label.phone for label in word.phones] for word in utterance.words]


def align_corpus(features: Features, utterances: Sequence[Utterance], folds: np.ndarray, seed: int) -> AlignedCorpus:
    sample = np.flatnonzero(features.speech)
    sample = sample[:: max(1, len(sample) // _SAMPLE)]
    projection = fit_projection(features.frames[sample], COMPONENTS)
    frames = projection.apply(features.frames)
    texts = [phones_of(utterance) for utterance in utterances]
    segments = [spread_evenly(features.speech[features.rows(i)], text) for i, text in enumerate(texts)]
    classifier = None
    for round in range(_ROUNDS):
        classes, weight = _targets(features, utterances, texts, segments)
        classifier = fit_classifier(frames, classes, weight, _EPOCHS, seed + round, classifier if round > 1 else None)
        posteriors = classifier.log_posteriors(frames)
        segments = align_all(features, posteriors, [classifier.log_prior] * len(texts), texts)
    classes, weight = _targets(features, utterances, texts, segments)
    fold_of_frame = np.repeat(folds, np.diff(features.starts))
    by_fold = [
        fit_classifier(frames, classes, weight * (fold_of_frame != fold), 2 * _EPOCHS, seed + fold) for fold in range(FOLDS)
    ]
    posteriors = _held_out_posteriors(by_fold, frames, fold_of_frame)
    segments = align_all(features, posteriors, [by_fold[fold].log_prior for fold in folds], texts)
    classifier = fit_classifier(frames, classes, weight, 2 * _EPOCHS, seed)
    return AlignedCorpus(projection, classifier, by_fold, frames, posteriors, segments)


def align_variant(
    aligned: AlignedCorpus, features: Features, utterances: Sequence[Utterance], folds: np.ndarray
) -> AlignedCorpus:
    """Other sound of known speakers, aligned by the classifiers that have not seen them. folds: of these utterances."""
    frames = aligned.projection.apply(features.frames)
    fold_of_frame = np.repeat(folds, np.diff(features.starts))
    posteriors = _held_out_posteriors(aligned.by_fold, frames, fold_of_frame)
    segments = align_all(
        features, posteriors, [aligned.by_fold[fold].log_prior for fold in folds], [phones_of(each) for each in utterances]
    )
    return replace(aligned, frames=frames, log_posteriors=posteriors, segments=segments)


def _held_out_posteriors(by_fold: Sequence[FrameClassifier], frames: np.ndarray, fold_of_frame: np.ndarray) -> np.ndarray:
    posteriors = np.empty((len(frames), CLASSES), np.float32)
    for fold, classifier in enumerate(by_fold):
        rows = fold_of_frame == fold
        posteriors[rows] = classifier.log_posteriors(frames[rows])
    return posteriors


def align_all(
    features: Features, log_posteriors: np.ndarray, log_priors: Sequence[np.ndarray], texts: Sequence[list[list[str]]]
) -> list[list[Segment]]:
    """Posteriors divided by priors stand for likelihoods (Bourlard and Morgan, 1994)."""
    return [
        align(log_posteriors[features.rows(i)] - PRIOR_SHARE * log_priors[i], text) for i, text in enumerate(texts)
    ]


def _targets(
    features: Features,
    utterances: Sequence[Utterance],
    texts: Sequence[list[list[str]]],
    segments: Sequence[Sequence[Segment]],
) -> tuple[np.ndarray, np.ndarray]:
    """int [all frames] classes, float32 [all frames] weights: what raters call wrong says nothing of how the phone sounds."""
    classes = np.empty(len(features.speech), int)
    weight = np.ones(len(features.speech), np.float32)
    for i, utterance in enumerate(utterances):
        rows = features.rows(i)
        classes[rows] = classes_of(segments[i], texts[i], rows.stop - rows.start)
        labels = (label for word in utterance.words for label in word.phones)
        for segment, label in zip(segments[i], labels):
            weight[rows.start + segment.start : rows.start + segment.end] = max(0.0, label.score - 1)
    return classes, weight
