"""The Python peers behind one face: `load(engine, folder, precision, threads)` gives `recognise(audio, task) -> text`.

A task is what contestant.ts sends: beamSize, batchSize (0: one window after the other), fixedTokens (0: until the text ends).
All decode alike: English, transcribe, temperature 0 without fallback, timestamps on, no text before as prompt. whisper.cpp alone keeps
its fallback: without it long recordings end in loops that take it twenty times as long. With fixedTokens one
window of 30 s is decoded to exactly so many tokens, end-of-text suppressed, without timestamps.
"""

from pathlib import Path


def load(engine: str, folder: Path, precision: str, threads: int):
    return {"openai-whisper": openai, "faster-whisper": faster_whisper, "whisper.cpp": whisper_cpp}[engine](folder, precision, threads)


def openai(folder: Path, precision: str, threads: int):
    import torch
    import whisper

    torch.set_num_threads(threads)
    model = whisper.load_model(str(folder / "openai.pt"), device="cpu")

    def recognise(audio, task):
        beam = task["beamSize"] if task["beamSize"] > 1 else None
        if task["fixedTokens"]:
            mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(audio), model.dims.n_mels)
            eot = whisper.tokenizer.get_tokenizer(model.is_multilingual).eot
            options = whisper.DecodingOptions(
                language="en", sample_len=task["fixedTokens"], suppress_tokens=[-1, eot], without_timestamps=True, fp16=False
            )
            return str(len(whisper.decode(model, mel, options).tokens))
        return model.transcribe(
            audio, language="en", temperature=0.0, beam_size=beam, condition_on_previous_text=False, fp16=False
        )["text"]  # fmt: skip

    return recognise


def faster_whisper(folder: Path, precision: str, threads: int):
    from faster_whisper import BatchedInferencePipeline, WhisperModel
    from faster_whisper.audio import pad_or_trim
    from faster_whisper.tokenizer import Tokenizer

    model = WhisperModel(str(folder / "ctranslate2"), device="cpu", compute_type=precision, cpu_threads=threads)
    batched = BatchedInferencePipeline(model)

    def fixed(audio, tokens):
        tokenizer = Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language="en")
        features = pad_or_trim(model.feature_extractor(audio)[:, : model.feature_extractor.nb_max_frames])
        prompt = model.get_prompt(tokenizer, [], without_timestamps=True)
        # CTranslate2 gives the text half of max_length.
        result = model.model.generate(
            model.encode(features), [prompt], beam_size=1, max_length=2 * tokens, suppress_tokens=[-1, tokenizer.eot]
        )  # fmt: skip
        return str(len(result[0].sequences_ids[0]))

    def recognise(audio, task):
        if task["fixedTokens"]:
            return fixed(audio, task["fixedTokens"])
        options = dict(language="en", temperature=0.0, beam_size=task["beamSize"], condition_on_previous_text=False)
        if task["batchSize"]:
            # Without timestamps, its default: with them it loses a third of the words.
            segments, _ = batched.transcribe(audio, batch_size=task["batchSize"], **options)
        else:
            segments, _ = model.transcribe(audio, **options)
        return "".join(segment.text for segment in segments)

    return recognise


def whisper_cpp(folder: Path, precision: str, threads: int):
    from pywhispercpp.model import Model

    common = dict(
        n_threads=threads, print_progress=False, print_timestamps=False, language="en", no_context=True,
        greedy={"best_of": 1}, redirect_whispercpp_logs_to=None,
    )  # fmt: skip
    loaded = {}

    def model(beam: int) -> Model:
        if beam not in loaded:
            search = {"beam_search": {"beam_size": beam, "patience": -1.0}} if beam > 1 else {}
            strategy = 1 if beam > 1 else 0
            loaded[beam] = Model(str(folder / f"whisper.cpp-{precision}.bin"), params_sampling_strategy=strategy, **search, **common)
        return loaded[beam]

    def recognise(audio, task):
        if task["fixedTokens"]:
            # Random weights hardly ever end a text of their own accord: the length is the limit given.
            limits = dict(max_tokens=task["fixedTokens"], no_timestamps=True, single_segment=True, temperature_inc=0.0)
            return " ".join(segment.text for segment in model(1).transcribe(audio, **limits))
        return " ".join(segment.text for segment in model(task["beamSize"]).transcribe(audio))

    return recognise
