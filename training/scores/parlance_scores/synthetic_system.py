"""Models of the real shapes' kind with few weights, for tests of the inference service: small enough to be committed, and made without
the corpus. Their scores mean nothing. What they compute is what the trained ones compute.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .alignment import align, classes_of, spread_evenly
from .corpus import TARGETS
from .feature_store import FRAME_WIDTH
from .frame_classifier import FrameClassifier, fit_classifier
from .intervals import Intervals
from .level_inputs import phone_inputs, utterance_inputs, word_inputs
from .phone_recogniser import PRIOR_SHARE
from .phone_set import PHONES
from .projection import Projection
from .regressors import LinearModel, Network, Scaler
from .system import System, expert_scores, word_embeddings
from .tables import Inputs

# One of so many inputs is looked at; the other weights are zeros, which compress to nothing.
_STRIDE = 64
_ROUNDS, _EPOCHS = 3, 40
_HIDDEN, _MEMBERS = 6, 2

Text = Sequence[Sequence[str]]


def sparse_projection(frames: np.ndarray) -> Projection:
    """Some of the inputs, standardised. frames: float32 [n, FRAME_WIDTH]."""
    chosen = np.arange(0, FRAME_WIDTH, _STRIDE)
    mean, matrix = np.zeros(FRAME_WIDTH, np.float32), np.zeros((FRAME_WIDTH, len(chosen)), np.float32)
    mean[chosen] = frames[:, chosen].mean(axis=0)
    matrix[chosen, np.arange(len(chosen))] = 1 / frames[:, chosen].std(axis=0)
    return Projection(mean, matrix)


def overfitted_classifier(
    frames: Sequence[np.ndarray], speech: Sequence[np.ndarray], texts: Sequence[Text], seed: int
) -> FrameClassifier:
    """Knows the phones of these recordings alone, from a flat start. frames: of each recording, projected."""
    together = np.concatenate(frames)
    segments = [spread_evenly(own, text) for own, text in zip(speech, texts)]
    classifier = None
    for _ in range(_ROUNDS):
        classes = np.concatenate([classes_of(own, text, len(x)) for own, text, x in zip(segments, texts, frames)])
        classifier = fit_classifier(together, classes, np.ones(len(classes), np.float32), _EPOCHS, seed)
        logs = [classifier.log_posteriors(x) - PRIOR_SHARE * classifier.log_prior for x in frames]
        segments = [align(own, text) for own, text in zip(logs, texts)]
    # As scores.json has them.
    return replace(classifier, log_prior=classifier.log_prior.round(4))


def random_system(inputs: Inputs, seed: int) -> System:
    """Random weights on standardised inputs; scores lie about the middle of each scale."""
    random = np.random.default_rng(seed)
    pooled = inputs.pooled
    base = _linear(pooled, random.normal(0, 0.5, (pooled.shape[1], len(TARGETS))), 6.0, every=_STRIDE)
    embedding = inputs.phones.embedding
    # The graph of frames has the experts' scalers folded into their weights, so that they must not limit anything.
    width = embedding.shape[1]
    experts = {
        i: LinearModel(Scaler.fit(embedding, np.inf), random.normal(0, 0.1, (width, 1)).astype(np.float32), _bias(1.3, 1))
        for i in range(len(PHONES))
    }
    word = LinearModel(
        Scaler.fit(word_embeddings(inputs), np.inf), random.normal(0, 0.3, (width, 1)).astype(np.float32), _bias(7, 1)
    )
    base_scores, expert = base.predict(pooled), expert_scores(experts, inputs)
    x_phone = phone_inputs(inputs, base_scores, expert)
    phone = _network(x_phone, 1, 1.4, 0.5, random)
    phone_scores = phone.predict(x_phone)[:, 0]
    x_word = word_inputs(inputs, base_scores, word.predict(word_embeddings(inputs))[:, 0], phone_scores)
    words = _network(x_word, 1, 7, 2, random)
    x = utterance_inputs(inputs, base_scores, phone_scores, words.predict(x_word)[:, 0])
    return System(base, experts, word, phone, words, _network(x, len(TARGETS), 6, 2, random))


def made_up_intervals(random: np.random.Generator) -> dict[str, Intervals]:
    def intervals(highest: float) -> Intervals:
        knots = np.linspace(0.3, 0.9, 5) * highest
        width = 0.1 * highest * (1 + random.random((2, len(knots))))
        return Intervals(knots.round(4), (-width[0]).round(4), width[1].round(4), 0.0, highest)

    return {name: intervals(10.0) for name in (*TARGETS, "word")} | {"phone": intervals(2.0)}


def _linear(x: np.ndarray, weights: np.ndarray, centre: float, every: int) -> LinearModel:
    used = np.arange(x.shape[1]) % every == 0
    fitted = Scaler.fit(x)
    scaler = Scaler(np.where(used, fitted.mean, 0), np.where(used, fitted.scale, 1).astype(np.float32))
    sparse = np.where(used[:, None], weights, 0) / np.sqrt(used.sum())
    return LinearModel(scaler, sparse.astype(np.float32), _bias(centre, weights.shape[1]))


def _network(x: np.ndarray, outputs: int, centre: float, spread: float, random: np.random.Generator) -> Network:
    def weights(rows: int, columns: int, scale: float) -> np.ndarray:
        return random.normal(0, scale / np.sqrt(rows), (rows, columns)).astype(np.float32)

    members = [
        (weights(x.shape[1], _HIDDEN, 1), weights(1, _HIDDEN, 1)[0], weights(_HIDDEN, outputs, spread), _bias(centre, outputs))
        for _ in range(_MEMBERS)
    ]
    return Network(Scaler.fit(x), members)


def _bias(centre: float, outputs: int) -> np.ndarray:
    return np.full(outputs, centre, np.float32)
