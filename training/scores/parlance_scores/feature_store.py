"""What is computed once from every recording and kept under .cache: encoder frames, pauses, likelihoods of the text."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .audio import VARIANTS, read_audio
from .corpus import Utterance
from .locations import CACHE, VOICE_ACTIVITY, WHISPER
from .pause_facts import pause_facts, speech_frames
from .voice_activity import VoiceActivity
from .whisper import FRAME_SECONDS, LAYERS, WIDTH, Whisper, written

# Raised when what is stored changes.
_VERSION = 1
# Recordings are stored in parts of this many, so that an interrupted run goes on where it stopped.
PART = 50
FRAME_WIDTH = LAYERS * WIDTH


@dataclass(frozen=True)
class Features:
    """Features of some recordings, in one variant of their sound. Utterance i has the rows starts[i] … starts[i + 1] of `frames`."""

    starts: np.ndarray
    """int64 [utterances + 1]"""
    frames: np.ndarray
    """float16 [all frames, FRAME_WIDTH], 20 ms each, mapped from the disk"""
    speech: np.ndarray
    """bool [all frames]: by Silero VAD"""
    pooled: np.ndarray
    """float32 [utterances, 2·FRAME_WIDTH]: mean and standard deviation of the frames with speech"""
    facts: np.ndarray
    """float32 [utterances, pause_facts.NAMES]"""
    token_logs: list[list[list[float]]]
    """Of each utterance, of each word: natural logarithms of the tokens' probabilities given the recording"""

    def rows(self, i: int) -> slice:
        return slice(int(self.starts[i]), int(self.starts[i + 1]))

    def of(self, utterances: Sequence[int]) -> "Features":
        """Those of some utterances, in memory."""
        rows = [self.rows(i) for i in utterances]
        return Features(
            starts=np.concatenate([[0], np.cumsum([each.stop - each.start for each in rows])]),
            frames=np.concatenate([self.frames[each] for each in rows]),
            speech=np.concatenate([self.speech[each] for each in rows]),
            pooled=self.pooled[utterances],
            facts=self.facts[utterances],
            token_logs=[self.token_logs[i] for i in utterances],
        )


@dataclass(frozen=True)
class _Recording:
    frames: np.ndarray
    speech: np.ndarray
    facts: np.ndarray
    token_logs: list[list[float]]

    @property
    def pooled(self) -> np.ndarray:
        spoken = self.frames[self.speech]
        return np.concatenate([spoken.mean(axis=0), spoken.std(axis=0)])


class _Extractor:
    def __init__(self, variant: str) -> None:
        self._whisper, self._activity, self._change = Whisper(WHISPER), VoiceActivity(VOICE_ACTIVITY), VARIANTS[variant]

    def extract(self, utterance: Utterance) -> _Recording:
        # Each recording has a seed of its own, so that its noise does not depend on the others.
        samples = self._change(read_audio(utterance.audio), np.random.default_rng(int(utterance.id)))
        encoding = self._whisper.encode(samples)
        probabilities = self._activity.detect((samples * encoding.gain).astype(np.float32))
        frames = encoding.layers.reshape(-1, FRAME_WIDTH)
        words = [word.text for word in utterance.words]
        phones = sum(len(word.phones) for word in utterance.words)
        likelihoods = self._whisper.word_likelihoods(encoding, written(words))
        return _Recording(
            frames,
            speech_frames(probabilities, len(frames), FRAME_SECONDS),
            pause_facts(probabilities, encoding.log_mel, len(words), phones),
            [logs.tolist() for logs in likelihoods],
        )


def load_features(variant: str, utterances: Sequence[Utterance], every: int = 1) -> Features:
    """The features of every n-th of these utterances; what is not in the cache is computed, one recording at a time."""
    folder = CACHE / f"{variant}-every-{every}-v{_VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    some = utterances[::every]
    parts = [some[first : first + PART] for first in range(0, len(some), PART)]
    _complete(folder, variant, parts)
    stored = [np.load(_part(folder, i)) for i in range(len(parts))]
    starts = np.concatenate([[0], np.cumsum(np.concatenate([part["lengths"] for part in stored]))])
    frames = np.memmap(folder / "frames.f16", np.float16, "r").reshape(-1, FRAME_WIDTH)
    return Features(
        starts=starts,
        frames=frames[: starts[-1]],
        speech=np.concatenate([part["speech"] for part in stored]),
        pooled=np.concatenate([part["pooled"] for part in stored]),
        facts=np.concatenate([part["facts"] for part in stored]),
        token_logs=[each for part in stored for each in json.loads(str(part["token_logs"]))],
    )


def _part(folder: Path, i: int) -> Path:
    return folder / f"part-{i:03d}.npz"


def _complete(folder: Path, variant: str, parts: Sequence[Sequence[Utterance]]) -> None:
    """Computes the parts that are missing or hold other recordings, and all behind them."""
    done = 0
    while done < len(parts) and _holds(_part(folder, done), parts[done]):
        done += 1
    if done == len(parts):
        return
    extractor = _Extractor(variant)
    frames = sum(int(np.load(_part(folder, i))["lengths"].sum()) for i in range(done))
    begun = time.monotonic()
    with open(folder / "frames.f16", "ab") as file:
        file.truncate(frames * FRAME_WIDTH * np.dtype(np.float16).itemsize)
        for i in range(done, len(parts)):
            recordings = [extractor.extract(utterance) for utterance in parts[i]]
            for recording in recordings:
                recording.frames.astype(np.float16).tofile(file)
            file.flush()
            _save(_part(folder, i), parts[i], recordings)
            took = time.monotonic() - begun
            print(f"{variant}: part {i + 1} of {len(parts)}, {took:.0f} s", file=sys.stderr, flush=True)


def _holds(path: Path, utterances: Sequence[Utterance]) -> bool:
    return path.exists() and np.load(path)["ids"].tolist() == [utterance.id for utterance in utterances]


def _save(path: Path, utterances: Sequence[Utterance], recordings: Sequence[_Recording]) -> None:
    unfinished = path.with_suffix(".tmp.npz")
    np.savez(
        unfinished,
        ids=[utterance.id for utterance in utterances],
        lengths=[len(each.frames) for each in recordings],
        speech=np.concatenate([each.speech for each in recordings]),
        pooled=np.stack([each.pooled for each in recordings]),
        facts=np.stack([each.facts for each in recordings]),
        token_logs=json.dumps([each.token_logs for each in recordings]),
    )
    unfinished.rename(path)
