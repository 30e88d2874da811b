"""Goldens on real speech: what openai-whisper writes with the published checkpoints for recordings of shared/data, and, with the
multilingual one, for the synthetic sentences of test/fixtures/speech.

Holds the models' outputs only, no transcripts of the data sets. Usage: recordings.py SHARED WHISPER_BASE_FOLDER OUTPUT_FOLDER
"""

import hashlib
import json
import os
import sys

import numpy as np
import torch
import whisper
from whisper.audio import SAMPLE_RATE

import checkpoint

TINY, BASE = "whisper-tiny.en", "whisper-base"
FIXTURES = "test/fixtures/speech"
PROMPT = "Udalric Gering, the master printer of Newgate, on fine printing."
NATIVE, LEARNERS, WITH_WORDS, WITH_BEAMS = 120, 80, 60, 60
SILENCE_SECONDS = 0.5
# Each long recording is some read utterances one after another. Given its own text as prompt and without fallback, a small
# checkpoint may repeat itself, so they are transcribed without previous text too.
LONG_FILES, LONG_PIECES = 10, 5
BEAMS = 5
# One temperature means no fallback; everything else is openai-whisper's default.
OPTIONS = dict(language="en", fp16=False, temperature=(0.0,), verbose=None)


def spread(names: list, count: int) -> list:
    """`count` of the sorted names, evenly spread."""
    names = sorted(names)
    return [names[i * len(names) // count] for i in range(count)]


def recordings(shared: str, folder: str) -> list:
    return [f"{folder}/{file}" for file in os.listdir(os.path.join(shared, "data", folder)) if file.endswith(".opus")]


def rounded(value: float) -> float:
    return float(f"{value:.6g}")


def segments(result: dict) -> list:
    return [
        {
            "start": round(s["start"], 2),
            "end": round(s["end"], 2),
            "tokens": s["tokens"],
            "avgLogprob": rounded(s["avg_logprob"]),
            "noSpeechProb": rounded(s["no_speech_prob"]),
        }
        for s in result["segments"]
    ]


def words(result: dict) -> list:
    return [
        [w["word"], round(float(w["start"]), 2), round(float(w["end"]), 2), rounded(w["probability"])]
        for s in result["segments"]
        for w in s["words"]
    ]


def mel_check(audio: np.ndarray, bands: int) -> dict:
    """The log-mel of the recording with its 30 s of zeros: some values, and sums over bands and frames."""
    mel = whisper.log_mel_spectrogram(audio, bands, padding=whisper.audio.N_SAMPLES)
    frames = mel.shape[1]
    picks = [(band, frame) for band in range(3, bands, bands // 8) for frame in range(7, frames - 3000, (frames - 3000) // 6)]
    return {
        "bands": bands,
        "frames": frames,
        "sum": rounded(mel.double().sum()),
        "values": [[band, frame, rounded(mel[band, frame])] for band, frame in picks],
    }


def long_golden(model, shared: str, names: list) -> dict:
    """Recordings one after another with silence between them, heard as one: what it takes to walk windows with a prompt."""
    silence = np.zeros(int(SILENCE_SECONDS * SAMPLE_RATE), np.float32)
    pieces = [piece for name in names for piece in (load(shared, name), silence)]
    audio = np.concatenate(pieces)
    alone = dict(condition_on_previous_text=False, **OPTIONS)
    result = model.transcribe(audio, **alone)
    return {
        "audio": names,
        "silenceSeconds": SILENCE_SECONDS,
        "samples": len(audio),
        "text": result["text"],
        "segments": segments(result),
        "beamText": model.transcribe(audio, beam_size=BEAMS, **alone)["text"],
        "conditionedText": model.transcribe(audio, **OPTIONS)["text"],
    }


def load(shared: str, name: str) -> np.ndarray:
    return whisper.load_audio(os.path.join(shared, "data", name))


def language_golden(model, recording: dict) -> dict:
    """A synthetic sentence without a told language: which one it is taken for, its text and its translation."""
    audio = whisper.load_audio(os.path.join(FIXTURES, recording["file"]))
    mel = whisper.log_mel_spectrogram(audio, model.dims.n_mels, padding=whisper.audio.N_SAMPLES)
    _, chances = model.detect_language(whisper.pad_or_trim(mel, whisper.audio.N_FRAMES))
    told = {**OPTIONS, "language": None}
    result = model.transcribe(audio, **told)
    return {
        "audio": recording["file"],
        "language": result["language"],
        "probability": rounded(chances[result["language"]]),
        "text": result["text"],
        "translation": model.transcribe(audio, task="translate", **told)["text"],
    }


def multilingual_golden(model, kept: "Kept") -> dict:
    with open(os.path.join(FIXTURES, "manifest.json")) as stream:
        fixtures = json.load(stream)["recordings"]
    read = [row for row in fixtures if row["voice"] == "LJ Speech"]
    prompted = spread([row["file"] for row in read], 10)
    return {
        "languages": [kept.get(row["file"], lambda: language_golden(model, row)) for row in fixtures if row not in read],
        "prompted": [kept.get(f"{file} {PROMPT}", lambda: prompt_golden(model, file)) for file in prompted],
    }


def prompt_golden(model, file: str) -> dict:
    audio = whisper.load_audio(os.path.join(FIXTURES, file))
    return {"audio": file, "prompt": PROMPT, "text": model.transcribe(audio, initial_prompt=PROMPT, **OPTIONS)["text"]}


def utterance_golden(model, shared: str, recording: str, with_beams: bool, with_words: bool) -> dict:
    audio = load(shared, recording)
    result = model.transcribe(audio, **OPTIONS)
    entry = {"audio": recording, "samples": len(audio), "text": result["text"], "segments": segments(result)}
    if with_beams:
        entry["beamText"] = model.transcribe(audio, beam_size=BEAMS, **OPTIONS)["text"]
    if with_words:
        entry["words"] = words(model.transcribe(audio, word_timestamps=True, **OPTIONS))
    return entry


def progress(model: str, done: int, total: int, what: str) -> None:
    print(f"\r{model}: {done} of {total} {what}", end="", file=sys.stderr, flush=True)


class Kept:
    """What has been computed with a checkpoint, line by line in a file, so that a run that was stopped goes on where it was."""

    def __init__(self, folder: str) -> None:
        sums = "".join(checkpoint.checksums(folder).values())
        os.makedirs(".cache/goldens", exist_ok=True)
        self.path = f".cache/goldens/{hashlib.sha256(sums.encode()).hexdigest()[:16]}.jsonl"
        self.values = {}
        if os.path.exists(self.path):
            with open(self.path) as stream:
                self.values = dict(json.loads(line) for line in stream if line.endswith("\n"))

    def get(self, key: str, compute):
        if key not in self.values:
            self.values[key] = compute()
            with open(self.path, "a") as stream:
                stream.write(json.dumps([key, self.values[key]]) + "\n")
        return self.values[key]


def main(shared: str, base: str, output: str) -> None:
    write_golden(TINY, os.path.join(shared, "models", f"openai-{TINY}"), shared, output)
    write_golden(BASE, base, shared, output)


def write_golden(name: str, folder: str, shared: str, output: str) -> None:
    torch.manual_seed(0)
    model = checkpoint.load(folder)
    chosen = spread(recordings(shared, "native-read/audio"), NATIVE) + spread(recordings(shared, "speechocean762/train/audio"), LEARNERS)
    with_words, with_beams = set(spread(chosen, WITH_WORDS)), set(spread(chosen, WITH_BEAMS))
    read = chosen[:NATIVE]
    groups = [read[i * NATIVE // LONG_FILES :][:LONG_PIECES] for i in range(LONG_FILES)]

    kept = Kept(folder)
    utterances = []
    for n, recording in enumerate(chosen):
        progress(name, n, len(chosen), "recordings")
        ways = (recording in with_beams, recording in with_words)
        utterances.append(kept.get(f"{recording} {ways}", lambda: utterance_golden(model, shared, recording, *ways)))
    mels = [{"audio": recording, **mel_check(load(shared, recording), 80)} for recording in spread(chosen, 3)]
    mels.append({"audio": chosen[0], **mel_check(load(shared, chosen[0]), 128)})
    long = []
    for n, names in enumerate(groups):
        progress(name, n, len(groups), "long recordings")
        long.append(kept.get(" ".join(names), lambda: long_golden(model, shared, names)))

    golden = {
        "reference": f"openai-whisper {whisper.__version__}",
        "torch": torch.__version__,
        "checkpoint": checkpoint.checksums(folder),
        "options": {"temperature": 0, "fallback": False, "beams": BEAMS},
        "mel": mels,
        "utterances": utterances,
        "long": long,
        **(multilingual_golden(model, kept) if model.is_multilingual else {}),
    }
    os.makedirs(output, exist_ok=True)
    with open(os.path.join(output, f"{name}.json"), "w") as stream:
        stream.write(compact(golden))


def compact(golden: dict) -> str:
    """One line for each utterance, so that a change of the reference reads well in a diff."""
    lines = []
    for key, value in golden.items():
        if isinstance(value, list):
            rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in value)
            lines.append(f"{json.dumps(key)}:[\n{rows}\n ]")
        else:
            lines.append(f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}")
    return "{\n " + ",\n ".join(lines) + "\n}\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
