"""contestant.py ENGINE FOLDER PRECISION THREADS: loads an engine and answers tasks, a line of JSON each, until its input ends."""

import json
import sys
import time
import wave
from importlib.metadata import version
from pathlib import Path

import numpy as np

import engines

# Of engines whose package is called otherwise.
PACKAGES = {"whisper.cpp": "pywhispercpp"}


def read(recording: str) -> np.ndarray:
    with wave.open(recording) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768.0


def main() -> None:
    engine, folder, precision, threads = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    # What the engines print themselves must not come between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    recognise = engines.load(engine, folder, precision, threads)
    print(json.dumps({"version": version(PACKAGES.get(engine, engine))}), file=answers, flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        recordings = [engines.samples_for(engine, read(recording)) for recording in task["recordings"]]
        cpu, wall = time.process_time(), time.perf_counter()
        texts = [recognise(audio, task).strip() for audio in recordings]
        measure = {"wallSeconds": time.perf_counter() - wall, "cpuSeconds": time.process_time() - cpu, "texts": texts}
        print(json.dumps(measure), file=answers, flush=True)


main()
