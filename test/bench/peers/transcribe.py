"""transcribe.py openai|faster-whisper FOLDER WAV THREADS: one transcription; the last line is the measure as JSON.

Both decode as our recogniser does: greedy, timestamps, temperature fallback, conditioned on the text before.
"""

import json
import sys
import time
import wave
from pathlib import Path

import numpy as np

FALLBACK = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def load_openai(folder: Path, threads: int):
    import torch
    import whisper

    torch.set_num_threads(threads)
    model = whisper.load_model(str(folder / "openai.pt"), device="cpu")
    return lambda audio: model.transcribe(audio, language="en", temperature=FALLBACK, fp16=False)["text"]


def load_faster_whisper(folder: Path, threads: int):
    from faster_whisper import WhisperModel

    model = WhisperModel(str(folder / "faster-whisper"), device="cpu", compute_type="int8", cpu_threads=threads)

    def transcribe(audio):
        segments, _ = model.transcribe(audio, language="en", beam_size=1, best_of=1, temperature=FALLBACK)
        return "".join(segment.text for segment in segments)

    return transcribe


def main() -> None:
    engine, folder, recording, threads = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    with wave.open(recording) as file:
        audio = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768.0
    transcribe = {"openai": load_openai, "faster-whisper": load_faster_whisper}[engine](folder, threads)
    transcribe(audio[: 16000 * 3])
    cpu, wall = time.process_time(), time.perf_counter()
    text = transcribe(audio)
    measure = {"wallSeconds": time.perf_counter() - wall, "cpuSeconds": time.process_time() - cpu, "text": text.strip()}
    print(json.dumps(measure))


main()
