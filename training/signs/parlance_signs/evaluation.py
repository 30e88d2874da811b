"""Figures of unseen hands: which letters are read, what is refused."""

from dataclasses import dataclass

import numpy as np

from .corpus import LETTERS, NO_HAND, Photos
from .held_out import HeldOut

# Of photographs that show a hand, so many may be refused.
FALSE_REFUSALS = 0.005


@dataclass(frozen=True)
class HandFigures:
    """`right`, `right_before_photos`: shares of the hand's photographs whose letter is read and that are not refused, before black
    and before photographs; `refused`: shares that are taken for no hand, in the same order."""

    hand: str
    photos: int
    right: float
    right_before_photos: float
    refused: tuple[float, float]


@dataclass(frozen=True)
class LetterFigures:
    """`mistaken_for`: other letters that are read instead, the most frequent one first, with their shares."""

    letter: str
    photos: int
    right: float
    mistaken_for: list[tuple[str, float]]


def refusal_limit(held_out: HeldOut) -> float:
    """The probability of "no hand" above which an image is refused: hands, before black and before photographs alike, exceed it in
    FALSE_REFUSALS of cases. It is chosen on the same photographs that figures are of, so their refusals are as many by choice."""
    doubts = np.concatenate([held_out.hand_doubts, held_out.before_photos[:, NO_HAND]])
    return float(np.clip(np.quantile(doubts, 1 - FALSE_REFUSALS), 0.02, 0.5))


def hand_figures(photos: Photos, held_out: HeldOut, limit: float) -> list[HandFigures]:
    truth = photos.letters.numpy()
    rows = []
    for hand in sorted(set(photos.hands)):
        of_hand = photos.hands == hand
        found = [_read(seen[of_hand], limit) for seen in (held_out.plain, held_out.before_photos)]
        right = [float(np.mean(letters == truth[of_hand])) for letters in found]
        refused = tuple(float(np.mean(letters == NO_HAND)) for letters in found)
        rows.append(HandFigures(hand, int(of_hand.sum()), right[0], right[1], refused))
    return rows


def letter_figures(photos: Photos, held_out: HeldOut, limit: float) -> list[LetterFigures]:
    """Means over hands, whatever number of photographs each has."""
    truth, found = photos.letters.numpy(), _read(held_out.plain, limit)
    hands = sorted(set(photos.hands))
    rows = []
    for index, letter in enumerate(LETTERS):
        shares = np.zeros(NO_HAND + 1)
        for hand in hands:
            chosen = (truth == index) & (photos.hands == hand)
            shares += np.bincount(found[chosen], minlength=NO_HAND + 1) / chosen.sum() / len(hands)
        others = [(LETTERS[i], float(shares[i])) for i in np.argsort(-shares) if i not in (index, NO_HAND) and shares[i] > 0]
        rows.append(LetterFigures(letter, int((truth == index).sum()), float(shares[index]), others))
    return rows


def no_hands_refused(held_out: HeldOut, small: int, limit: float) -> tuple[float, float]:
    """Shares of patches of photographs, and of the last `small` images of each fold, that are refused."""
    refused = (_read(held_out.no_hands, limit) == NO_HAND).reshape(-1, len(held_out.no_hands) // 5)
    return float(refused[:, :-small].mean()), float(refused[:, -small:].mean())


def _read(probabilities: np.ndarray, limit: float) -> np.ndarray:
    """[n]: the letter of each image, NO_HAND where it is refused."""
    return np.where(probabilities[:, NO_HAND] > limit, NO_HAND, probabilities[:, :NO_HAND].argmax(1))
