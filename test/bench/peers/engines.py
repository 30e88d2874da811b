"""The Python peers behind one face: `load(engine, folder, precision, threads)` gives `recognise(audio, task) -> text`.

A task is what contestant.ts sends: beamSize, batchSize (0: one window after the other), fixedTokens (0: until the text ends).
All decode alike: English, transcribe, temperature 0 without fallback, timestamps on, no text before as prompt. whisper.cpp alone keeps
its fallback: without it long recordings end in loops that take it twenty times as long. With fixedTokens one
window of 30 s is decoded to exactly so many tokens, end-of-text suppressed or ignored, without timestamps. sherpa-onnx decodes
at most 30 s at once: what is longer is cut by its own voice activity detector.
"""

from pathlib import Path


def load(engine: str, folder: Path, precision: str, threads: int):
    loaders = {
        "openai-whisper": openai,
        "faster-whisper": faster_whisper,
        "whisper.cpp": whisper_cpp,
        "openvino-genai": openvino,
        "sherpa-onnx": sherpa,
    }
    return loaders[engine](folder, precision, threads)


def samples_for(engine: str, audio):
    """Samples as the engine copies them fastest: a list, where its binding asks for one number after the other."""
    return audio.tolist() if engine in ("openvino-genai", "sherpa-onnx") else audio


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


def openvino(folder: Path, precision: str, threads: int):
    import openvino_genai

    # Left to itself it computes in bf16 where the processor has it, whatever the weights are in.
    hint = {"INFERENCE_PRECISION_HINT": precision} if precision in ("f32", "bf16") else {}
    weights = folder / ("f32" if hint else precision)
    pipeline = openvino_genai.WhisperPipeline(str(weights), "CPU", INFERENCE_NUM_THREADS=threads, **hint)
    # An English-only model takes no language.
    multilingual = pipeline.get_generation_config().is_multilingual
    language = {"language": "<|en|>", "task": "transcribe"} if multilingual else {}

    def recognise(audio, task):
        if task["fixedTokens"]:
            result = pipeline.generate(audio, max_new_tokens=task["fixedTokens"], ignore_eos=True, **language)
            return str(result.perf_metrics.get_num_generated_tokens())
        return str(pipeline.generate(audio, return_timestamps=True, num_beams=task["beamSize"], **language))

    return recognise


def sherpa(folder: Path, precision: str, threads: int):
    import sherpa_onnx

    rate, window, longest = 16000, 512, 29.5
    suffix = ".int8" if precision == "int8" else ""
    recognizer = sherpa_onnx.OfflineRecognizer.from_whisper(
        encoder=str(folder / f"encoder{suffix}.onnx"), decoder=str(folder / f"decoder{suffix}.onnx"),
        tokens=str(folder / "tokens.txt"), language="en", num_threads=threads, enable_segment_timestamps=True,
    )  # fmt: skip
    config = sherpa_onnx.VadModelConfig()
    config.silero_vad.model = str(folder / "silero_vad.onnx")
    config.sample_rate = rate
    detector = sherpa_onnx.VoiceActivityDetector(config)

    def text_of(samples) -> str:
        stream = recognizer.create_stream()
        stream.accept_waveform(rate, samples)
        recognizer.decode_stream(stream)
        return stream.result.text.strip()

    def spoken(audio):
        """As its own examples go through a file."""
        for begin in range(0, len(audio), window):
            detector.accept_waveform(audio[begin : begin + window])
            while not detector.empty():
                yield detector.front.samples
                detector.pop()
        detector.flush()
        while not detector.empty():
            yield detector.front.samples
            detector.pop()
        detector.reset()

    def recognise(audio, task):
        if len(audio) < longest * rate:
            return text_of(audio)
        return " ".join(text_of(samples) for samples in spoken(audio))

    return recognise
