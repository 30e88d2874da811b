"""Forced alignment: which frames are which phone of a known text, by Viterbi's algorithm over a chain of phones.

Silence may lie before, between and behind words. A phone lasts at least two frames (40 ms) where the recording is long enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from .phone_set import INDEX, SILENCE

_NEVER = -1e30
_FEWEST_FRAMES = 2


@dataclass(frozen=True)
class Segment:
    """Frames start … end − 1 of a recording are one phone of the text."""

    start: int
    end: int


@dataclass(frozen=True)
class _Chain:
    """States of a text. States of one phone follow each other and share its class."""

    classes: np.ndarray
    """int [states]"""
    phones: np.ndarray
    """int [states]: which phone of the text, −1 for silence"""
    may_skip: np.ndarray
    """bool [states]: whether this state may follow the one two before it, past a silence"""


def align(log_likelihoods: np.ndarray, words: Sequence[Sequence[str]]) -> list[Segment]:
    """One segment for each phone of the words, in order.

    log_likelihoods: float [frames, CLASSES] of each class for each frame, up to a constant of the frame.
    words: the phones of each word. Needs at least as many frames as phones.
    """
    phones = [phone for word in words for phone in word]
    frames = len(log_likelihoods)
    if frames < len(phones):
        raise ValueError(f"{frames} frames cannot hold {len(phones)} phones")
    copies = _FEWEST_FRAMES if frames >= _FEWEST_FRAMES * len(phones) else 1
    chain = _chain(words, copies)
    path = _best_path(log_likelihoods[:, chain.classes], chain.may_skip)
    owners = chain.phones[path]
    segments: list[Segment] = []
    at = 0
    for phone, run in groupby(owners.tolist()):
        length = len(list(run))
        if phone >= 0:
            segments.append(Segment(at, at + length))
        at += length
    return segments


def spread_evenly(speech: np.ndarray, words: Sequence[Sequence[str]]) -> list[Segment]:
    """A first guess: phones of the same length over the frames with speech. speech: bool [frames]."""
    count = sum(len(word) for word in words)
    where = np.flatnonzero(speech)
    if len(where) < count:
        where = np.arange(len(speech))
    edges = np.linspace(0, len(where), count + 1).round().astype(int)
    return [Segment(int(where[a]), int(where[max(a, b - 1)]) + 1) for a, b in zip(edges[:-1], edges[1:])]


def classes_of(segments: Sequence[Segment], words: Sequence[Sequence[str]], frames: int) -> np.ndarray:
    """int [frames]: the class of each frame."""
    classes = np.full(frames, SILENCE)
    for segment, phone in zip(segments, (phone for word in words for phone in word)):
        classes[segment.start : segment.end] = INDEX[phone]
    return classes


def _chain(words: Sequence[Sequence[str]], copies: int) -> _Chain:
    classes, phones, may_skip = [SILENCE], [-1], [False]
    phone = 0
    for word in words:
        for i, symbol in enumerate(word):
            for copy in range(copies):
                classes.append(INDEX[symbol])
                phones.append(phone)
                may_skip.append(i == 0 and copy == 0 and phone > 0)
            phone += 1
        classes.append(SILENCE)
        phones.append(-1)
        may_skip.append(False)
    return _Chain(np.array(classes), np.array(phones), np.array(may_skip))


def _best_path(scores: np.ndarray, may_skip: np.ndarray) -> np.ndarray:
    """int [frames]: the state of each frame. scores: [frames, states]."""
    frames, states = scores.shape
    best = np.full(states, _NEVER)
    best[:2] = scores[0, :2]
    came_from = np.zeros((frames, states), np.int8)
    barrier = np.where(may_skip, 0.0, _NEVER)
    candidates = np.empty((3, states))
    for t in range(1, frames):
        candidates[0] = best
        candidates[1, 0] = candidates[2, 0] = candidates[2, 1] = _NEVER
        candidates[1, 1:] = best[:-1]
        candidates[2, 2:] = best[:-2] + barrier[2:]
        came_from[t] = candidates.argmax(axis=0)
        best = candidates.max(axis=0) + scores[t]
    # The end is the last silence or the last phone.
    state = states - 1 if best[-1] >= best[-2] else states - 2
    path = np.empty(frames, int)
    for t in range(frames - 1, -1, -1):
        path[t] = state
        # An int8 would not hold the states of a long text.
        state -= int(came_from[t, state])
    return path
