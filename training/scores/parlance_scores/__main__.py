"""`python -m parlance_scores train|bench|leaks|goldens`."""

import sys
import time
from dataclasses import dataclass

import numpy as np

from .card import write_card
from .corpus import Utterance, read_corpus
from .cross_validation import CrossValidation, cross_validate
from .export import export
from .feature_store import Features, load_features
from .folds import SEED, speaker_folds
from .goldens import write_goldens
from .held_out import comparison, comparison_table, held_out_fold
from .locations import CORPUS, MODELS, RECORDINGS
from .phone_recogniser import AlignedCorpus, align_corpus
from .report import Level, interval_of, levels, row_of, table
from .robustness import LIMITS, change_table, changes, every_tenth, score_variant
from .system import fit_system
from .tables import Inputs, Labels, inputs_of, labels_of
from .whisper import FRAME_SECONDS


@dataclass(frozen=True)
class Prepared:
    utterances: list[Utterance]
    features: Features
    folds: np.ndarray
    aligned: AlignedCorpus
    inputs: Inputs
    labels: Labels

    @property
    def seconds(self) -> float:
        """Of all recordings."""
        return FRAME_SECONDS * len(self.features.speech)


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def prepare() -> Prepared:
    utterances = read_corpus(CORPUS)[:RECORDINGS]
    say(f"{len(utterances)} recordings of {len({each.speaker for each in utterances})} speakers")
    features = load_features("clean", utterances)
    folds = speaker_folds([each.speaker for each in utterances])
    aligned = align_corpus(features, utterances, folds, SEED)
    say("aligned")
    return Prepared(
        utterances, features, folds, aligned, inputs_of(utterances, features, aligned), labels_of(utterances)
    )


def measure(prepared: Prepared) -> tuple[CrossValidation, list[Level], str]:
    """Cross-validates, and returns the tables as Markdown."""
    found = cross_validate(prepared.inputs, prepared.labels, prepared.folds, SEED, say)
    rows = levels(prepared.utterances, prepared.inputs, prepared.labels, found)
    text = table([row_of(each, prepared.utterances, prepared.folds) for each in rows])
    return found, rows, text


def measure_robustness(prepared: Prepared, found: CrossValidation) -> str:
    """The changes as a Markdown table."""
    before = every_tenth(found.scores, prepared.inputs)
    variants = {}
    for variant in LIMITS:
        after = score_variant(variant, prepared.utterances, prepared.folds, prepared.aligned, found.systems)
        variants[variant] = changes(before, after)
    return change_table(variants)


def main(command: str) -> None:
    prepared = prepare()
    found, rows, agreement = measure(prepared)
    print(agreement, flush=True)
    if command == "leaks":
        held_out = held_out_fold(prepared.utterances, prepared.features, prepared.folds, SEED)
        print(comparison_table(comparison(prepared.folds, prepared.inputs, prepared.labels, found.scores, held_out)))
        return
    robustness = measure_robustness(prepared, found)
    print(f"\n{robustness}", flush=True)
    if command == "train":
        everyone = np.ones(len(prepared.utterances), bool)
        system = fit_system(prepared.inputs, prepared.labels, prepared.folds, everyone, SEED)
        intervals = {each.name: interval_of(each, np.ones(len(each.truth), bool)) for each in rows}
        sizes = export(MODELS, prepared.aligned, system, intervals)
        write_card(MODELS / "README.md", prepared.utterances, rows, prepared.seconds, agreement, robustness, sizes)
        say(f"written to {MODELS}: {sum(sizes.values()) / 1e6:.1f} MB")


if __name__ == "__main__":
    if sys.argv[1:] not in (["train"], ["bench"], ["leaks"], ["goldens"]):
        sys.exit(__doc__)
    if sys.argv[1] == "goldens":
        write_goldens()
    else:
        main(sys.argv[1])
