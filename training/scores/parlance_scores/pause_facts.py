"""What the speech and the pauses of one recording tell of its fluency.

Rates and runs as in Cucchiarini, Strik and Boves, "Quantitative assessment of second language learners' fluency by means of automatic
speech recognition technology" (JASA, 2000): rate of speech, articulation rate, phonation-time ratio, mean length of pauses and of runs.
"""

import numpy as np

from .voice_activity import VAD_SECONDS

PAUSE_SECONDS = 0.2
NAMES = (
    "seconds",
    "speech_seconds",
    "span_seconds",
    "speech_share",
    "pauses",
    "pause_share",
    "longest_pause",
    "mean_pause",
    "long_pauses",
    "words",
    "phones",
    "speech_rate",
    "articulation_rate",
    "words_a_run",
    "level_variation",
    "log_speech_rate",
    "log_articulation_rate",
)


def pause_facts(probabilities: np.ndarray, log_mel: np.ndarray, words: int, phones: int) -> np.ndarray:
    """float32 [len(NAMES)]; times in seconds, rates in phones a second.

    probabilities: Silero's, one for 32 ms. log_mel: [n, 80], log10, 10 ms a row.
    """
    speech = probabilities >= 0.5
    where = np.flatnonzero(speech)
    seconds = len(log_mel) * 0.01
    if len(where) == 0:
        return np.zeros(len(NAMES), np.float32)
    span = (where[-1] + 1 - where[0]) * VAD_SECONDS
    spoken = len(where) * VAD_SECONDS
    gaps = (np.diff(where) - 1) * VAD_SECONDS
    pauses = gaps[gaps >= PAUSE_SECONDS]
    rows = np.minimum((where * VAD_SECONDS / 0.01).astype(int), len(log_mel) - 1)
    level = 10 * log_mel[rows].max(axis=1)
    rate, articulation = phones / span, phones / spoken
    return np.array(
        [
            seconds,
            spoken,
            span,
            spoken / span,
            len(pauses),
            pauses.sum() / span,
            pauses.max(initial=0),
            pauses.mean() if len(pauses) else 0,
            (pauses >= 0.5).sum(),
            words,
            phones,
            rate,
            articulation,
            words / (len(pauses) + 1),
            level.std(),
            np.log(rate + 0.1),
            np.log(articulation + 0.1),
        ],
        np.float32,
    )


def speech_frames(probabilities: np.ndarray, frames: int, frame_seconds: float) -> np.ndarray:
    """bool [frames]: which of the encoder's frames are speech; all of them where no speech was found."""
    if len(probabilities) == 0:
        return np.ones(frames, bool)
    middles = (np.arange(frames) + 0.5) * frame_seconds
    found = probabilities[np.minimum((middles / VAD_SECONDS).astype(int), len(probabilities) - 1)] >= 0.5
    return found if found.any() else np.ones(frames, bool)
