"""Features of some recordings among all."""

import numpy as np

from parlance_scores.feature_store import Features


def test_features_of_some_recordings_are_theirs_in_the_order_asked_for():
    frames = np.arange(12, dtype=np.float16).reshape(6, 2)
    every = Features(
        starts=np.array([0, 1, 3, 6]),
        frames=frames,
        speech=np.array([True, False, True, True, True, False]),
        pooled=np.array([[0.0], [1.0], [2.0]]),
        facts=np.array([[10.0], [11.0], [12.0]]),
        token_logs=[[[0.0]], [[1.0]], [[2.0]]],
    )
    some = every.of(np.array([2, 0]))
    assert some.starts.tolist() == [0, 3, 4]
    assert np.array_equal(some.frames[some.rows(0)], frames[3:6])
    assert np.array_equal(some.frames[some.rows(1)], frames[:1])
    assert some.speech.tolist() == [True, True, False, True]
    assert some.facts[:, 0].tolist() == [12, 10]
    assert some.token_logs == [[[2.0]], [[0.0]]]
