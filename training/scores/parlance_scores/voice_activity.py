"""Silero VAD: the probability of speech in every 32 ms, as the inference service computes it (libs/vad/src/voice-activity.ts)."""

from pathlib import Path

import numpy as np
import onnxruntime

from .audio import RATE, Samples

VAD_SECONDS = 0.032
_FRAME = 512
_CONTEXT = 64


class VoiceActivity:
    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])

    def detect(self, samples: Samples) -> np.ndarray:
        """float32 [n]: one probability for each complete frame."""
        state = np.zeros((2, 1, 128), np.float32)
        padded = np.concatenate([np.zeros(_CONTEXT, np.float32), samples])
        rate = np.array(RATE, np.int64)
        found = []
        for start in range(0, len(samples) - _FRAME + 1, _FRAME):
            frame = padded[start : start + _CONTEXT + _FRAME]
            probability, state = self._session.run(None, {"input": frame[None], "state": state, "sr": rate})
            found.append(float(probability[0, 0]))
        return np.array(found, np.float32)
