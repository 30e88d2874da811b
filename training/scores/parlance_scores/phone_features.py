"""What tells how well one phone of a known text was spoken.

Goodness of pronunciation as in Witt and Young, "Phone-level pronunciation scoring and assessment for interactive language learning"
(Speech Communication, 2000): log posterior of the phone that should be there, and its distance to the likeliest other one. The mean
posteriors of all phones stand beside it (Hu et al., 2015), since the substitution tells how bad it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .alignment import Segment
from .phone_set import INDEX, PHONES, SILENCE
from .whisper import FRAME_SECONDS

_FLOOR = -12.0
_NONE = len(PHONES)
# Of a phone itself and of its neighbours.
_GOODNESS = ("log_posterior", "margin", "worst", "share_best", "log_seconds")
_NEIGHBOURS = (-2, -1, 1, 2)


@dataclass(frozen=True)
class PhoneFeatures:
    """One row for each phone of some utterances, in order."""

    goodness: np.ndarray
    """float32 [phones, _GOODNESS]"""
    posteriors: np.ndarray
    """float32 [phones, CLASSES]: mean log posteriors over the phone's frames"""
    embedding: np.ndarray
    """float32 [phones, components]: mean of the projected frames"""
    phone: np.ndarray
    """int [phones]"""
    utterance: np.ndarray
    """int [phones]: index of the utterance"""
    word: np.ndarray
    """int [phones]: index of the word, counted over all utterances"""
    context: np.ndarray
    """float32 [phones, …]: the phone and its neighbours as indicators, their goodness, silences, position in the word"""

    def matrix(self) -> np.ndarray:
        """float32 [phones, features] without the embedding."""
        return np.concatenate([self.goodness, self.posteriors, self.context], axis=1)


def phone_features(
    frames: Sequence[np.ndarray],
    log_posteriors: Sequence[np.ndarray],
    segments: Sequence[Sequence[Segment]],
    texts: Sequence[Sequence[Sequence[str]]],
) -> PhoneFeatures:
    """frames, log_posteriors, segments, texts: of each utterance; see AlignedCorpus."""
    goodness, posteriors, embedding, phone, utterance, word, context = [], [], [], [], [], [], []
    words = 0
    for i, (x, logs, runs, text) in enumerate(zip(frames, log_posteriors, segments, texts)):
        logs = np.maximum(logs, _FLOOR)
        phones = np.array([INDEX[symbol] for each in text for symbol in each])
        means = np.stack([logs[run.start : run.end].mean(axis=0) for run in runs])
        own = np.stack([_goodness(logs[run.start : run.end], p) for run, p in zip(runs, phones)])
        goodness.append(own)
        posteriors.append(means)
        embedding.append(np.stack([x[run.start : run.end].mean(axis=0) for run in runs]))
        phone.append(phones)
        utterance.append(np.full(len(phones), i))
        word.append(np.repeat(np.arange(words, words + len(text)), [len(each) for each in text]))
        context.append(_context(phones, own, runs, text))
        words += len(text)
    return PhoneFeatures(
        *(np.concatenate(part) for part in (goodness, posteriors, embedding, phone, utterance, word, context))
    )


def _goodness(logs: np.ndarray, phone: int) -> np.ndarray:
    """logs: [frames of the phone, CLASSES]."""
    mean = logs.mean(axis=0)
    others = np.delete(mean[:SILENCE], phone)
    return np.array(
        [
            mean[phone],
            mean[phone] - others.max(),
            logs[:, phone].min(),
            (logs.argmax(axis=1) == phone).mean(),
            np.log(len(logs) * FRAME_SECONDS),
        ],
        np.float32,
    )


def _context(
    phones: np.ndarray, goodness: np.ndarray, runs: Sequence[Segment], text: Sequence[Sequence[str]]
) -> np.ndarray:
    count = len(phones)
    lengths = [len(each) for each in text]
    position = np.concatenate([np.arange(n) for n in lengths])
    length = np.repeat(lengths, lengths)
    gaps = np.array([b.start - a.end for a, b in zip(runs, runs[1:])]) * FRAME_SECONDS
    seconds = np.exp(goodness[:, -1])
    parts = [
        np.eye(len(PHONES) + 1, dtype=np.float32)[phones],
        np.stack(
            [
                position == 0,
                position == length - 1,
                position / length,
                np.log(length),
                np.log(seconds / seconds.mean()),
                np.minimum(1, np.concatenate([[0], gaps])),
                np.minimum(1, np.concatenate([gaps, [0]])),
            ],
            axis=1,
        ),
    ]
    for offset in _NEIGHBOURS:
        at = np.arange(count) + offset
        inside = (at >= 0) & (at < count)
        at = np.clip(at, 0, count - 1)
        parts.append(np.where(inside[:, None], goodness[at], 0))
        if abs(offset) == 1:
            parts.append(np.eye(len(PHONES) + 1, dtype=np.float32)[np.where(inside, phones[at], _NONE)])
    return np.concatenate(parts, axis=1).astype(np.float32)


