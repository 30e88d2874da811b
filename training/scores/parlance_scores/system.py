"""The scores' models together: fitted on some speakers, used on others.

Four levels: a ridge regression on the whole utterance (base); phones; words; the utterance again, with what phones and words told.
A level is fitted on what the levels before it say of speakers they have not seen (stacked generalisation; Wolpert, 1992).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .grouping import group_mean
from .level_inputs import phone_inputs, utterance_inputs, word_inputs
from .phone_set import PHONES, VOWELS
from .regressors import LinearModel, Network, NetworkShape, fit_network, fit_ridge
from .tables import Inputs, Labels

_FEWEST_EXAMPLES = 100
BASE_ALPHA = 3.0
EXPERT_ALPHA = 1.0
PHONE_SHAPE = NetworkShape(hidden=64, alpha=1.0, epochs=12)
WORD_SHAPE = NetworkShape(hidden=32, alpha=1.0, epochs=25)
UTTERANCE_SHAPE = NetworkShape(hidden=16, alpha=3.0, epochs=60, batch=64, members=5)


@dataclass(frozen=True)
class Scores:
    utterance: np.ndarray
    """float32 [utterances, TARGETS]"""
    word: np.ndarray
    """float32 [words]"""
    phone: np.ndarray
    """float32 [phones]"""
    base: np.ndarray
    """float32 [utterances, TARGETS]: the first level alone"""

    def of(self, kept: np.ndarray, inputs: Inputs) -> "Scores":
        """Those of some utterances. kept: bool [utterances]. inputs: of all of them."""
        return Scores(
            utterance=self.utterance[kept],
            word=self.word[kept[inputs.word_utterance]],
            phone=self.phone[kept[inputs.phones.utterance]],
            base=self.base[kept],
        )


@dataclass(frozen=True)
class System:
    base: LinearModel
    phone_experts: dict[int, LinearModel]
    """For each phone a ridge regression on its embedding."""
    word_expert: LinearModel
    phone: Network
    word: Network
    utterance: Network

    def predict(self, inputs: Inputs) -> Scores:
        base = self.base.predict(inputs.pooled)
        phone_experts = expert_scores(self.phone_experts, inputs)
        phone = self.phone.predict(phone_inputs(inputs, base, phone_experts))[:, 0]
        word_expert = self.word_expert.predict(word_embeddings(inputs))[:, 0]
        word = self.word.predict(word_inputs(inputs, base, word_expert, phone))[:, 0]
        utterance = self.utterance.predict(utterance_inputs(inputs, base, phone, word))
        return Scores(utterance, word, phone, base)


def word_embeddings(inputs: Inputs) -> np.ndarray:
    return group_mean(inputs.phones.embedding, inputs.phones.word, len(inputs.word_utterance))


def expert_scores(experts: dict[int, LinearModel], inputs: Inputs) -> np.ndarray:
    """float32 [phones]"""
    scores = np.empty(len(inputs.phones.phone), np.float32)
    for phone in np.unique(inputs.phones.phone):
        rows = inputs.phones.phone == phone
        scores[rows] = experts[int(phone)].predict(inputs.phones.embedding[rows])[:, 0]
    return scores


def fit_system(inputs: Inputs, labels: Labels, folds: np.ndarray, used: np.ndarray, seed: int) -> System:
    """folds: int [utterances], by speaker. used: bool [utterances], whom the models may learn from."""
    stack = _Stack(folds, used)
    phones, owner = inputs.phones, inputs.word_utterance
    embeddings = word_embeddings(inputs)

    def fit_base(rows: np.ndarray) -> LinearModel:
        return fit_ridge(inputs.pooled[rows], labels.utterance[rows], labels.utterance_weight[rows], BASE_ALPHA)

    def fit_experts(rows: np.ndarray) -> dict[int, LinearModel]:
        kept = rows[phones.utterance]
        return {phone: fit_expert(_examples(phones.phone, kept, phone)) for phone in range(len(PHONES))}

    def fit_expert(some: np.ndarray) -> LinearModel:
        x, y, weight = phones.embedding[some], labels.phone[some, None], labels.phone_weight[some]
        return fit_ridge(x, y, weight, EXPERT_ALPHA, limit=np.inf)

    def fit_word_expert(rows: np.ndarray) -> LinearModel:
        kept = rows[owner]
        return fit_ridge(embeddings[kept], labels.word[kept, None], labels.word_weight[kept], EXPERT_ALPHA, limit=np.inf)

    base, base_scores = stack.fit(fit_base, lambda model: model.predict(inputs.pooled), np.arange(len(folds)))
    experts, expert = stack.fit(fit_experts, lambda models: expert_scores(models, inputs), phones.utterance)
    word_expert, word_expert_scores = stack.fit(fit_word_expert, lambda model: model.predict(embeddings)[:, 0], owner)

    x = phone_inputs(inputs, base_scores, expert)
    phone, phone_scores = stack.fit(
        _network(x, labels.phone[:, None], labels.phone_weight, phones.utterance, PHONE_SHAPE, seed),
        lambda model: model.predict(x)[:, 0],
        phones.utterance,
    )
    x_word = word_inputs(inputs, base_scores, word_expert_scores, phone_scores)
    word, word_scores = stack.fit(
        _network(x_word, labels.word[:, None], labels.word_weight, owner, WORD_SHAPE, seed),
        lambda model: model.predict(x_word)[:, 0],
        owner,
    )
    x_utterance = utterance_inputs(inputs, base_scores, phone_scores, word_scores)
    utterance = fit_network(
        x_utterance[used], labels.utterance[used], labels.utterance_weight[used], UTTERANCE_SHAPE, seed
    )
    return System(base, experts, word_expert, phone, word, utterance)


def _examples(phone: np.ndarray, kept: np.ndarray, wanted: int) -> np.ndarray:
    """bool [phones]: what the expert of a phone learns from: all vowels or all consonants where the phone is rare."""
    same = kept & (phone == wanted)
    if same.sum() >= _FEWEST_EXAMPLES:
        return same
    alike = [i for i, name in enumerate(PHONES) if (name in VOWELS) == (PHONES[wanted] in VOWELS)]
    return kept & np.isin(phone, alike)


def _network(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, owner: np.ndarray, shape: NetworkShape, seed: int
) -> Callable[[np.ndarray], Network]:
    def fit(rows: np.ndarray) -> Network:
        kept = rows[owner]
        return fit_network(x[kept], y[kept], weight[kept], shape, seed)

    return fit


class _Stack:
    """Fits a level's model, and says what it would tell of the speakers it is fitted on had it not seen them."""

    def __init__(self, folds: np.ndarray, used: np.ndarray) -> None:
        self._folds, self._used = folds, used

    def fit(self, fit, predict, owner: np.ndarray):
        """fit: bool [utterances] → model. predict: model → [rows, …]. owner: the utterance of each row.

        Returns the model of all used speakers, and predictions: by models that have not seen the speaker. Rows of speakers that
        are not used keep the full model's.
        """
        model = fit(self._used)
        predictions = predict(model)
        for fold in np.unique(self._folds[self._used]):
            held_out = self._used & (self._folds == fold)
            rows = held_out[owner]
            predictions[rows] = predict(fit(self._used & ~held_out))[rows]
        return model, predictions
