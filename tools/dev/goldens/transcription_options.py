"""Goldens of openai-whisper's transcribe() options that rule how windows follow each other, on real speech.

Usage: transcription_options.py SHARED WHISPER_BASE_FOLDER OUTPUT_FOLDER
"""

import json
import os
import sys

import numpy as np
import torch
import whisper
from whisper.audio import SAMPLE_RATE

import checkpoint
from recordings import FIXTURES, compact, segments, words

MODEL = "openai-whisper-tiny.en"
A, B, C, D = (f"{name}.opus" for name in ("LJ003-0001", "LJ001-0127", "LJ003-0074", "LJ002-0140"))
# Recordings and seconds of digital silence, one after another.
JOINED = [A, 0.5, B, 0.5, C, 0.5, D]
PAUSED = [B, 14.0, C, 9.0]
PROMPT = "Professor Griffiths writes to the ministry, on typography."
CASES = [
    ("previous text", JOINED, dict()),
    ("no previous text", JOINED, dict(condition_on_previous_text=False)),
    ("an initial prompt", JOINED, dict(initial_prompt=PROMPT)),
    ("an initial prompt carried along", JOINED, dict(initial_prompt=PROMPT, carry_initial_prompt=True)),
    ("clips", JOINED, dict(clip_timestamps=[3.0, 12.5, 20.0, 21.0, 31.3])),
    ("one open clip", JOINED, dict(clip_timestamps=[40.0], condition_on_previous_text=False)),
    ("no timestamps", JOINED, dict(without_timestamps=True, condition_on_previous_text=False)),
    ("a limit of tokens", JOINED, dict(sample_len=40, condition_on_previous_text=False)),
    ("words", JOINED, dict(word_timestamps=True, condition_on_previous_text=False)),
    ("other punctuation", PAUSED, dict(word_timestamps=True, append_punctuations="!", prepend_punctuations="(")),
    ("pauses", PAUSED, dict(word_timestamps=True)),
    ("skipped pauses", PAUSED, dict(word_timestamps=True, hallucination_silence_threshold=2.0)),
    ("no silence check", PAUSED, dict(no_speech_threshold=None)),
]


def joined(parts: list) -> np.ndarray:
    return np.concatenate(
        [
            whisper.load_audio(os.path.join(FIXTURES, part)) if isinstance(part, str) else np.zeros(int(part * SAMPLE_RATE), np.float32)
            for part in parts
        ]
    )


def main(shared: str, _base: str, output: str) -> None:
    folder = os.path.join(shared, "models", MODEL)
    model = checkpoint.load(folder)
    cases = []
    for name, parts, options in CASES:
        result = model.transcribe(joined(parts), language="en", fp16=False, temperature=(0.0,), verbose=None, **options)
        case = {"name": name, "parts": parts, "options": options, "text": result["text"], "segments": segments(result)}
        if options.get("word_timestamps"):
            case["words"] = words(result)
        cases.append(case)
        print(name, file=sys.stderr)
    golden = {
        "reference": f"openai-whisper {whisper.__version__}",
        "torch": torch.__version__,
        "checkpoint": checkpoint.checksums(folder),
        "cases": cases,
    }
    with open(os.path.join(output, "transcription-options.json"), "w") as stream:
        stream.write(compact(golden))


if __name__ == "__main__":
    main(*sys.argv[1:])
