"""Regressors, intervals, grouping, and that ONNX Runtime computes what numpy does."""

import numpy as np
import onnxruntime
import pytest

from parlance_scores.evaluation import coverage
from parlance_scores.grouping import group_least, group_mean, group_quantile
from parlance_scores.intervals import fit_intervals
from parlance_scores.onnx_writer import GraphWriter
from parlance_scores.regressors import NetworkShape, fit_network, fit_ridge


@pytest.fixture
def table():
    random = np.random.default_rng(3)
    x = random.normal(size=(600, 8)).astype(np.float32)
    y = np.stack([x[:, 0] - 2 * x[:, 1], np.abs(x[:, 2])], axis=1).astype(np.float32)
    return x, y, np.ones(600, np.float32)


def test_ridge_finds_a_linear_rule(table):
    x, y, weight = table
    predicted = fit_ridge(x, y, weight, alpha=1e-4).predict(x)
    assert np.corrcoef(predicted[:, 0], y[:, 0])[0, 1] > 0.999


def test_a_ridge_of_one_output_keeps_its_column(table):
    x, y, weight = table
    assert fit_ridge(x, y[:, :1], weight, alpha=1e-3).predict(x).shape == (600, 1)


def test_a_network_finds_a_bent_rule_and_does_so_again(table):
    x, y, weight = table
    shape = NetworkShape(hidden=16, alpha=1e-3, epochs=60, members=2, rate=5e-3, batch=64)
    first, second = (fit_network(x, y, weight, shape, seed=1).predict(x) for _ in range(2))
    assert np.corrcoef(first[:, 1], y[:, 1])[0, 1] > 0.95
    assert np.array_equal(first, second)


def test_a_network_learns_the_same_where_scores_lie_far_from_zero(table):
    x, y, weight = table
    shape = NetworkShape(hidden=8, alpha=1e-3, epochs=10, members=1)
    near, far = (fit_network(x, scores, weight, shape, seed=1).predict(x) for scores in (y, y + 100))
    assert np.allclose(near + 100, far, atol=0.01)


def test_values_never_seen_are_limited(table):
    x, y, weight = table
    model = fit_ridge(x, y, weight, alpha=1e-3)
    far = x[:1].copy()
    far[0, 0] = 1e9
    assert np.abs(model.predict(far)).max() < 20


def test_onnx_runtime_computes_the_same(table, tmp_path):
    x, y, weight = table
    linear = fit_ridge(x, y, weight, alpha=1e-3)
    network = fit_network(x, y, weight, NetworkShape(hidden=4, alpha=1e-3, epochs=3), seed=1)
    graph = GraphWriter("both")
    name = graph.input("x", ["n", 8])
    graph.output(graph.linear_model(name, linear), "linear", ["n", 2])
    graph.output(graph.network(name, network), "network", ["n", 2])
    graph.write(tmp_path / "both.onnx", {})
    session = onnxruntime.InferenceSession(tmp_path / "both.onnx", providers=["CPUExecutionProvider"])
    found = session.run(["linear", "network"], {"x": x})
    assert np.allclose(found[0], linear.predict(x), atol=1e-5)
    assert np.allclose(found[1], network.predict(x), atol=1e-5)


def test_intervals_hold_what_they_promise_and_are_wider_where_scores_are_less_certain():
    random = np.random.default_rng(5)
    predicted = random.uniform(2, 9, 4000)
    truth = np.clip(predicted + random.normal(size=4000) * (10 - predicted) / 4, 0, 10)
    intervals = fit_intervals(predicted[:2000], truth[:2000], 0, 10)
    low, high = intervals.ends(predicted[2000:])
    assert 0.93 < coverage(truth[2000:], low, high) < 0.97
    low, high = intervals.ends(np.array([3.0, 8.5]))
    assert high[0] - low[0] > high[1] - low[1]


def test_rows_are_grouped_by_their_owner():
    values, owner = np.array([3.0, 1.0, 5.0, 7.0]), np.array([0, 0, 1, 0])
    assert group_mean(values, owner, 2)[:, 0].tolist() == pytest.approx([11 / 3, 5])
    assert group_least(values, owner, 2).tolist() == [1, 5]
    assert group_quantile(values, owner, 2, 0.5).tolist() == [3, 5]
