"""speechocean762, train split: recordings of learners with the scores of five raters (../shared/data/speechocean762/SOURCE.md)."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .phone_set import to_cmu
from .rater_labels import PhoneLabel, label_phones

TARGETS = ("accuracy", "fluency", "prosody", "completeness", "total")
# The corpus's names; completeness is a share there and becomes 0–10 like the others.
_FIELDS = {"prosody": "prosodic"}
_FACTORS = {"completeness": 10.0}

Pronunciations = dict[str, list[tuple[str, ...]]]


@dataclass(frozen=True)
class Word:
    text: str
    """Upper case."""
    accuracy: tuple[float, ...]
    """One score for each rater, 0–10."""
    stress: tuple[float, ...]
    phones: tuple[PhoneLabel, ...]


@dataclass(frozen=True)
class Utterance:
    id: str
    speaker: str
    age: int
    gender: str
    audio: Path
    words: tuple[Word, ...]
    scores: dict[str, tuple[float, ...]]
    """For each of TARGETS one score of each rater, 0–10."""

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    def mean(self, target: str) -> float:
        return float(np.mean(self.scores[target]))

    def spread(self, target: str) -> float:
        """Standard deviation between the raters."""
        return float(np.std(self.scores[target]))


def read_lexicon(path: Path) -> Pronunciations:
    """Each word's pronunciations in CMU phones without stress, as listed."""
    found: Pronunciations = defaultdict(list)
    for line in path.read_text(encoding="utf8").splitlines():
        word, *symbols = line.split()
        phones = tuple(phone for symbol in symbols for phone in to_cmu(symbol))
        if phones not in found[word]:
            found[word].append(phones)
    return dict(found)


def read_corpus(folder: Path) -> list[Utterance]:
    """All utterances, ordered by id."""
    train = folder / "train"
    lexicon = read_lexicon(folder / "lexicon.txt")
    speakers = _read_pairs(train / "utt2spk")
    ages, genders = _read_pairs(train / "spk2age"), _read_pairs(train / "spk2gender")
    utterances = []
    for line in (train / "utt2score").read_text(encoding="utf8").splitlines():
        id, scores = line.split("\t", 1)
        labels = json.loads(scores)
        speaker = speakers[id]
        utterances.append(
            Utterance(
                id=id,
                speaker=speaker,
                age=int(ages[speaker]),
                gender=genders[speaker],
                audio=train / "audio" / f"{id}.opus",
                words=tuple(_read_word(word, lexicon) for word in labels["words"]),
                scores={
                    target: tuple(_FACTORS.get(target, 1.0) * score for score in labels[_FIELDS.get(target, target)])
                    for target in TARGETS
                },
            )
        )
    return sorted(utterances, key=lambda utterance: utterance.id)


def _read_word(labels: dict, lexicon: Pronunciations) -> Word:
    text = labels["text"].upper()
    return Word(
        text=text,
        accuracy=tuple(labels["accuracy"]),
        stress=tuple(labels["stress"]),
        phones=tuple(label_phones(labels["phones"], lexicon.get(text, []))),
    )


def _read_pairs(path: Path) -> dict[str, str]:
    return dict(line.split() for line in path.read_text(encoding="utf8").splitlines())
