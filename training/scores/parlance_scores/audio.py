"""Recordings as 16 kHz samples, and how they change with microphone, room and line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import butter, resample_poly, sosfiltfilt

RATE = 16_000
Samples = np.ndarray
"""float32 [n], full scale 1."""


def read_audio(path: Path) -> Samples:
    """The recording, mixed to one channel at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    return mono if rate == RATE else resample_poly(mono, RATE, rate).astype(np.float32)


def gain(decibels: float) -> Callable[[Samples, np.random.Generator], Samples]:
    """Louder or softer without clipping: the microphone nearer or further away."""
    return lambda samples, _: (samples * 10 ** (decibels / 20)).astype(np.float32)


def noise(snr_decibels: float) -> Callable[[Samples, np.random.Generator], Samples]:
    """White noise this far below the mean power of the recording."""

    def add(samples: Samples, random: np.random.Generator) -> Samples:
        power = np.mean(samples**2) / 10 ** (snr_decibels / 10)
        return (samples + random.normal(0, np.sqrt(power), len(samples))).astype(np.float32)

    return add


def telephone(samples: Samples, _: np.random.Generator) -> Samples:
    """A narrow-band telephone line: 300–3,400 Hz, 8 kHz, mu-law with 8 bits (ITU-T G.712, G.711)."""
    band = butter(4, (300, 3400), btype="bandpass", fs=RATE, output="sos")
    narrow = resample_poly(sosfiltfilt(band, samples), 1, 2)
    peak = max(1e-9, float(np.abs(narrow).max()))
    compressed = np.sign(narrow) * np.log1p(255 * np.abs(narrow) / peak) / np.log(256)
    coded = np.round(compressed * 127) / 127
    expanded = np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255 * peak
    return resample_poly(expanded, 2, 1)[: len(samples)].astype(np.float32)


def unchanged(samples: Samples, _: np.random.Generator) -> Samples:
    return samples


VARIANTS: dict[str, Callable[[Samples, np.random.Generator], Samples]] = {
    "clean": unchanged,
    "noise": noise(20),
    "telephone": telephone,
    "louder": gain(12),
    "softer": gain(-12),
}
"""Each recording as it is, and as it would be elsewhere."""
