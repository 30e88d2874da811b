"""Reads what the five raters wrote of a word's phones in speechocean762's pre-release.

A rater copies the pronunciation and marks phones: `(AE0)` is wrong or missing (0), `{AE0}` has a heavy accent (1), what has no mark
is right (2), and `[ S ]` was spoken though the word has no such phone. Marks may span several phones: `{Y UW0}`.
(Zhang et al., "speechocean762: an open-source non-native English speech corpus for pronunciation assessment", Interspeech 2021.)
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .phone_set import is_near, to_cmu

RIGHT, ACCENTED, WRONG = 2.0, 1.0, 0.0
_TOKEN = re.compile(r"[A-Z]+[0-2]?|[][(){}]")
_SCORE_WITHIN = {"(": WRONG, "{": ACCENTED}


@dataclass(frozen=True)
class PhoneLabel:
    """One phone of a word as the dictionary has it."""

    phone: str
    score: float
    """Mean of the raters, 0 (wrong) to 2 (right)."""
    spread: float
    """Standard deviation between the raters."""
    raters: tuple[float, ...]
    """One score for each rater who used this pronunciation."""


def read_marks(text: str) -> list[tuple[str, float]]:
    """`"HH {UW0}"` → `[("HH", 2), ("UW", 1)]`; inserted phones are left out."""
    marked: list[tuple[str, float]] = []
    score, inserted = RIGHT, False
    for token in _TOKEN.findall(text):
        if token == "[":
            inserted = True
        elif token == "]":
            inserted = False
        elif token in "({":
            score = _SCORE_WITHIN[token]
        elif token in ")}":
            score = RIGHT
        elif not inserted:
            marked.extend((phone, score) for phone in to_cmu(token))
    return marked


def label_phones(raters: Sequence[str], pronunciations: Sequence[Sequence[str]]) -> list[PhoneLabel]:
    """The phones of one word with the mean of the raters.

    raters: each rater's marks. pronunciations: the lexicon's, in CMU phones. Where one of them has the raters' phones but for the
    kind of vowel, its phones are used, since a learner's text will be looked up in that lexicon. A rater who wrote another
    pronunciation than most is left out.
    """
    read = [read_marks(text) for text in raters]
    sequences = [tuple(phone for phone, _ in marks) for marks in read]
    usual = Counter(sequences).most_common(1)[0][0]
    scores = np.array([[score for _, score in marks] for marks, own in zip(read, sequences) if own == usual])
    phones = _as_in_lexicon(usual, pronunciations)
    means, spreads = scores.mean(axis=0).tolist(), scores.std(axis=0).tolist()
    return [PhoneLabel(*label) for label in zip(phones, means, spreads, map(tuple, scores.T.tolist()))]


def _as_in_lexicon(phones: tuple[str, ...], pronunciations: Sequence[Sequence[str]]) -> tuple[str, ...]:
    same = [each for each in pronunciations if len(each) == len(phones) and all(map(is_near, each, phones))]
    if not same:
        return phones
    return tuple(max(same, key=lambda each: sum(a == b for a, b in zip(each, phones))))
