"""`goldens`: what the inference service's scores are compared with (libs/scoring). Recordings of test/fixtures/speech are scored by
small synthetic models; numbers and models are written to test/golden/scores.
"""

import gzip
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .alignment import Segment, align
from .audio import RATE, Samples
from .corpus import TARGETS
from .export import export
from .feature_store import FRAME_WIDTH
from .intervals import Intervals
from .level_inputs import phone_inputs, utterance_inputs, word_inputs
from .locations import REPOSITORY, VOICE_ACTIVITY, WHISPER
from .pause_facts import pause_facts, speech_frames
from .phone_features import PhoneFeatures, phone_features
from .phone_recogniser import PRIOR_SHARE, AlignedCorpus
from .synthetic_system import Text, made_up_intervals, overfitted_classifier, random_system, sparse_projection
from .system import Scores
from .tables import Inputs
from .voice_activity import VoiceActivity
from .whisper import FRAME_SECONDS, Whisper, written

_FOLDER = REPOSITORY / "test" / "golden" / "scores"
_SPEECH = REPOSITORY / "test" / "fixtures" / "speech"
_SEED = 22
# Of the first recording's phone inputs every n-th row is kept.
_EVERY = 9
# Pronunciations are the CMU dictionary's.
_SENTENCES = {
    "LJ001-0011": "it IH T/is IH Z/of AH V/the DH AH/first F ER S T/importance IH M P AO R T AH N S/that DH AE T/the DH AH/"
    "letter L EH T ER/used Y UW Z D/should SH UH D/be B IY/fine F AY N/in IH N/form F AO R M",
    "LJ001-0062": "Even IY V IH N/in IH N/Italy IH T AH L IY/most M OW S T/of AH V/the DH AH/theological TH IY AH L AA JH IH K AH L/"
    "and AH N D/law L AO/books B UH K S/were W ER/printed P R IH N T IH D/in IH N/Gothic G AA TH IH K/letter L EH T ER",
    "en-02": "Could K UH D/you Y UW/tell T EH L/me M IY/where W EH R/the DH AH/nearest N IH R AH S T/station S T EY SH AH N/is IH Z",
}


@dataclass(frozen=True)
class _Spoken:
    id: str
    words: list[str]
    phones: Text
    frames: np.ndarray
    """float32 [n, FRAME_WIDTH]"""
    speech: np.ndarray
    facts: np.ndarray
    token_logs: list[np.ndarray]

    @property
    def pooled(self) -> np.ndarray:
        spoken = self.frames[self.speech]
        return np.concatenate([spoken.mean(axis=0), spoken.std(axis=0), self.facts])


def write_goldens() -> None:
    whisper, activity = Whisper(WHISPER), VoiceActivity(VOICE_ACTIVITY)
    spoken = [_read(id, sentence, whisper, activity) for id, sentence in _SENTENCES.items()]
    projection = sparse_projection(np.concatenate([each.frames for each in spoken]))
    frames = [projection.apply(each.frames) for each in spoken]
    texts = [each.phones for each in spoken]
    classifier = overfitted_classifier(frames, [each.speech for each in spoken], texts, _SEED)
    logs = [classifier.log_posteriors(x) for x in frames]
    segments = [align(own - PRIOR_SHARE * classifier.log_prior, text) for own, text in zip(logs, texts)]
    inputs = _inputs(spoken, phone_features(frames, logs, segments, texts))
    system, intervals = random_system(inputs, _SEED), made_up_intervals(np.random.default_rng(_SEED))
    scores = system.predict(inputs)
    aligned = AlignedCorpus(projection, classifier, [], np.concatenate(frames), np.concatenate(logs), segments)
    with tempfile.TemporaryDirectory() as folder:
        export(Path(folder), aligned, system, intervals)
        _compress(Path(folder))
    first = _first_features(spoken[0], frames[0], logs[0].round(4), classifier.log_prior)
    recordings = [_recording(i, each, segments[i], inputs, scores, intervals) for i, each in enumerate(spoken)]
    golden = {"made": "training/scores: run.sh goldens", "features": first, "recordings": recordings}
    (_FOLDER / "scores.golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


def _read(id: str, sentence: str, whisper: Whisper, activity: VoiceActivity) -> _Spoken:
    pairs = [word.split(" ", 1) for word in sentence.split("/")]
    words, phones = [word for word, _ in pairs], [symbols.split() for _, symbols in pairs]
    samples = _as_service_decodes(_SPEECH / f"{id}.opus")
    encoding = whisper.encode(samples)
    probabilities = activity.detect((samples * encoding.gain).astype(np.float32))
    frames = encoding.layers.reshape(-1, FRAME_WIDTH)
    return _Spoken(
        id,
        words,
        phones,
        frames,
        speech_frames(probabilities, len(frames), FRAME_SECONDS),
        pause_facts(probabilities, encoding.log_mel, len(words), sum(map(len, phones))),
        whisper.word_likelihoods(encoding, written(words)),
    )


def _as_service_decodes(path: Path) -> Samples:
    """By ffmpeg in 16 bit: other decoders of Opus give slightly other samples."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    content = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(content, "<i2").astype(np.float32) / 32768


def _inputs(spoken: list[_Spoken], phones: PhoneFeatures) -> Inputs:
    logs = [log for each in spoken for log in each.token_logs]
    return Inputs(
        pooled=np.stack([each.pooled for each in spoken]),
        facts=np.stack([each.facts for each in spoken]),
        phones=phones,
        word_utterance=np.repeat(np.arange(len(spoken)), [len(each.words) for each in spoken]),
        likelihood=np.array([(log.mean(), log.min(), log[0], log.sum()) for log in logs], np.float32),
    )


def _first_features(spoken: _Spoken, frames: np.ndarray, logs: np.ndarray, log_prior: np.ndarray) -> dict:
    """Features of one recording from posteriors that are in the file, and the inputs of each level with scores that are made up."""
    random = np.random.default_rng(_SEED)
    segments = align(logs - PRIOR_SHARE * log_prior, spoken.phones)
    inputs = _inputs([spoken], phone_features([frames], [logs], [segments], [spoken.phones]))
    phones, words = len(segments), len(spoken.words)
    given = {
        "base": random.uniform(4, 9, 5).round(3),
        "phoneExperts": random.uniform(0, 2, phones).round(3),
        "wordExperts": random.uniform(4, 9, words).round(3),
        "phoneScores": random.uniform(0.5, 2, phones).round(3),
        "wordScores": random.uniform(3, 10, words).round(3),
    }
    base = given["base"][None]
    return {
        "frames": len(logs),
        "logPosteriors": _rounded(logs.reshape(-1), 4),
        "logPriors": _rounded(log_prior, 4),
        "priorShare": PRIOR_SHARE,
        "segments": [[each.start, each.end] for each in segments],
        "given": {name: values.tolist() for name, values in given.items()},
        "likelihoods": _rounded(inputs.likelihood),
        "every": _EVERY,
        "phoneInputs": _rounded(phone_inputs(inputs, base, given["phoneExperts"])[::_EVERY]),
        "wordInputs": _rounded(word_inputs(inputs, base, given["wordExperts"], given["phoneScores"])),
        "utteranceInputs": _rounded(utterance_inputs(inputs, base, given["phoneScores"], given["wordScores"])[0]),
    }


def _recording(
    i: int, spoken: _Spoken, segments: list[Segment], inputs: Inputs, scores: Scores, intervals: dict[str, Intervals]
) -> dict:
    phones, words = inputs.phones.utterance == i, inputs.word_utterance == i
    low, high = zip(*(intervals[name].ends(value) for name, value in zip(TARGETS, scores.utterance[i])))
    return {
        "id": spoken.id,
        "words": [{"text": text, "phones": own} for text, own in zip(spoken.words, spoken.phones)],
        "segments": [[each.start, each.end] for each in segments],
        "facts": _rounded(spoken.facts),
        "likelihoods": _rounded(inputs.likelihood[words][:, 0]),
        "logPosteriors": _rounded(inputs.phones.goodness[phones][:, 0]),
        "phoneScores": _rounded(scores.phone[phones]),
        "wordScores": _rounded(scores.word[words]),
        "utterance": _rounded(np.stack([scores.utterance[i], low, high], axis=1)),
    }


def _compress(folder: Path) -> None:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.glob("*.onnx")):
        (_FOLDER / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    shutil.copyfile(folder / "scores.json", _FOLDER / "scores.json")


def _rounded(values: np.ndarray, digits: int = 5) -> list:
    return np.asarray(values, np.float64).round(digits).tolist()
