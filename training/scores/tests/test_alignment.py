"""Forced alignment on likelihoods made by hand."""

import numpy as np
import pytest

from parlance_scores.alignment import Segment, align, classes_of, spread_evenly
from parlance_scores.phone_set import CLASSES, INDEX, SILENCE


def likelihoods(*runs: tuple[str | None, int]) -> np.ndarray:
    """Frames that sound like these phones, None for silence."""
    classes = [SILENCE if phone is None else INDEX[phone] for phone, count in runs for _ in range(count)]
    scores = np.full((len(classes), CLASSES), -5.0)
    scores[np.arange(len(classes)), classes] = 0
    return scores


def test_finds_phones_and_the_silences_between_words():
    scores = likelihoods((None, 4), ("HH", 3), ("AY", 5), (None, 6), ("Y", 2), ("UW", 4), (None, 2))
    assert align(scores, [["HH", "AY"], ["Y", "UW"]]) == [Segment(4, 7), Segment(7, 12), Segment(18, 20), Segment(20, 24)]


def test_words_may_follow_each_other_without_silence():
    scores = likelihoods(("HH", 3), ("AY", 5), ("Y", 2), ("UW", 4))
    assert align(scores, [["HH", "AY"], ["Y", "UW"]]) == [Segment(0, 3), Segment(3, 8), Segment(8, 10), Segment(10, 14)]


def test_there_is_no_silence_within_a_word():
    scores = likelihoods(("HH", 3), (None, 4), ("AY", 5))
    first, second = align(scores, [["HH", "AY"]])
    assert (first.start, first.end, second.end) == (0, second.start, 12)


def test_a_phone_that_is_missing_still_gets_its_two_frames():
    scores = likelihoods(("S", 6), ("T", 6))
    segments = align(scores, [["S", "IY", "T"]])
    assert segments[1].end - segments[1].start == 2


def test_short_recordings_give_each_phone_one_frame():
    assert align(likelihoods(("S", 1), ("IY", 1), ("T", 1)), [["S", "IY", "T"]]) == [Segment(0, 1), Segment(1, 2), Segment(2, 3)]


def test_fewer_frames_than_phones_are_refused():
    with pytest.raises(ValueError):
        align(likelihoods(("S", 2)), [["S", "IY", "T"]])


def test_long_texts_have_more_states_than_an_int8_holds():
    words = [["S", "IY"], ["T", "AH"]] * 20
    scores = likelihoods(*[(phone, 3) for word in words for phone in word])
    assert [each.start for each in align(scores, words)] == list(range(0, 240, 3))


def test_the_first_guess_spreads_phones_over_the_speech():
    speech = np.array([False, True, True, True, True, False, True, True])
    assert spread_evenly(speech, [["S", "IY"], ["T"]]) == [Segment(1, 3), Segment(3, 5), Segment(6, 8)]


def test_frames_outside_of_phones_are_silence():
    assert classes_of([Segment(1, 2)], [["S"]], 3).tolist() == [SILENCE, INDEX["S"], SILENCE]
