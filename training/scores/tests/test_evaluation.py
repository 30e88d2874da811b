"""Agreement and folds."""

import numpy as np
import pytest

from parlance_scores.evaluation import agreement, coverage, one_rater, pearson
from parlance_scores.folds import FOLDS, speaker_folds


def test_agreement_is_numpys_correlation_with_an_interval():
    random = np.random.default_rng(1)
    truth = random.normal(size=400)
    predicted = truth + random.normal(size=400)
    speakers = [str(i // 10) for i in range(400)]
    found = agreement(predicted, truth, speakers)
    assert found.pearson == pytest.approx(np.corrcoef(predicted, truth)[0, 1])
    assert found.low < found.pearson < found.high
    assert found.high - found.low < 0.2


def test_a_constant_prediction_has_no_correlation():
    assert np.isnan(pearson(np.ones(5), np.arange(5.0)))


def test_raters_who_agree_but_for_how_severe_they_are_agree():
    raters = [(i, i + 1, i + 2, i + 3, 2 * i) for i in range(6)] + [(9, 9)]
    assert one_rater(raters) == pytest.approx(1)


def test_a_rater_is_compared_with_the_mean_of_the_others():
    random = np.random.default_rng(2)
    raters = random.normal(size=(200, 5)) + random.normal(size=(200, 1))
    by_hand = [np.corrcoef(raters[:, i], np.delete(raters, i, axis=1).mean(axis=1))[0, 1] for i in range(5)]
    assert one_rater(raters.tolist()) == pytest.approx(np.mean(by_hand))


def test_without_five_raters_there_is_nothing_to_compare():
    assert np.isnan(one_rater([(1, 2), (3, 4)]))


def test_coverage_counts_the_ends_of_an_interval():
    assert coverage(np.array([1.0, 2, 3]), np.array([1.0, 2.5, 0]), np.array([2.0, 3, 3])) == pytest.approx(2 / 3)


def test_a_speaker_is_in_one_fold_and_folds_are_alike_in_size():
    speakers = [f"s{i % 50}" for i in range(500)]
    folds = speaker_folds(speakers)
    assert all(len({folds[i] for i in range(500) if speakers[i] == speaker}) == 1 for speaker in set(speakers))
    assert np.bincount(folds).tolist() == [100] * FOLDS
    assert speaker_folds(speakers).tolist() == folds.tolist()
