"""Goldens of the random-weight Whispers of libs/model-compiler/src/testing/random-whisper.ts: logits, attention and greedy decoding by openai-whisper.

The weights come from the same integer hash as there, so that no checkpoint needs to be kept. Usage: random_model.py SHARED WHISPER_BASE_FOLDER OUTPUT_FOLDER
"""

import json
import os
import sys

import numpy as np
import torch
import whisper
from whisper.decoding import DecodingOptions, DecodingTask
from whisper.tokenizer import get_tokenizer

import checkpoint

WIDTH, HEADS, LAYERS, INNER = 64, 2, 2, 256
VARIANTS = {
    "en": dict(vocabulary=51864, mels=80),
    "multilingual": dict(vocabulary=51865, mels=80, likely_end=True),
    "hundred-languages": dict(vocabulary=51866, mels=128),
}
ALIGNMENT_HEADS = [[0, 1], [1, 0], [1, 1]]
# Random weights come near ties sooner or later: at step 23 two logits of one case are equal to five places.
SAMPLE_LEN = 20
# The token that random weights happen to favour; end-of-text made a little likelier than it ends rows at different steps.
FAVOURITE, LIKELIER = 6101, 17 / 16


def hashed(name: str, count: int) -> np.ndarray:
    """`count` numbers in [-1, 1): murmur3's finaliser over a Weyl sequence that starts at the name's FNV-1a hash."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return ((h >> np.uint32(8)).astype(np.float64) * 2.0**-23 - 1).astype(np.float32)


def tensor(name: str, shape: list) -> torch.Tensor:
    values = hashed(name, int(np.prod(shape))).reshape(shape)
    if "layer_norm" in name:
        values = 1 + values / 8 if name.endswith("weight") else values / 16
    elif "embed_tokens" in name or "q_proj.weight" in name or "k_proj.weight" in name:
        values = values / 2
    elif "fc2.weight" in name or "conv" in name:
        values = values / 8
    else:
        values = values / 4
    return torch.from_numpy(values.astype(np.float32))


def shapes(vocabulary: int, mels: int) -> dict:
    found = {
        "model.encoder.conv1.weight": [WIDTH, mels, 3],
        "model.encoder.conv1.bias": [WIDTH],
        "model.encoder.conv2.weight": [WIDTH, WIDTH, 3],
        "model.encoder.conv2.bias": [WIDTH],
        "model.encoder.embed_positions.weight": [1500, WIDTH],
        "model.decoder.embed_positions.weight": [448, WIDTH],
        "model.decoder.embed_tokens.weight": [vocabulary, WIDTH],
    }

    def linear(name: str, outputs: int, inputs: int, bias: bool = True) -> None:
        found[f"{name}.weight"] = [outputs, inputs]
        if bias:
            found[f"{name}.bias"] = [outputs]

    def norm(name: str) -> None:
        found[f"{name}.weight"] = found[f"{name}.bias"] = [WIDTH]

    for side in ("encoder", "decoder"):
        norm(f"model.{side}.layer_norm")
        for layer in range(LAYERS):
            block = f"model.{side}.layers.{layer}"
            for attention in ["self_attn"] + (["encoder_attn"] if side == "decoder" else []):
                norm(f"{block}.{attention}_layer_norm")
                for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                    linear(f"{block}.{attention}.{part}", WIDTH, WIDTH, part != "k_proj")
            linear(f"{block}.fc1", INNER, WIDTH)
            linear(f"{block}.fc2", WIDTH, INNER)
            norm(f"{block}.final_layer_norm")
    return found


def model_of(vocabulary: int, mels: int, likely_end: bool) -> whisper.Whisper:
    config = dict(
        num_mel_bins=mels, max_source_positions=1500, d_model=WIDTH, encoder_attention_heads=HEADS, encoder_layers=LAYERS,
        vocab_size=vocabulary, max_target_positions=448, decoder_attention_heads=HEADS, decoder_layers=LAYERS,
    )  # fmt: skip
    tensors = {name: tensor(name, shape) for name, shape in shapes(vocabulary, mels).items()}
    if likely_end:
        embedding = tensors["model.decoder.embed_tokens.weight"]
        embedding[50257] = embedding[FAVOURITE] * LIKELIER
    return checkpoint.build(config, tensors, ALIGNMENT_HEADS)


def exact(value) -> float:
    return float(f"{float(value):.8g}")


def mel_input(mels: int, row: int) -> torch.Tensor:
    return torch.from_numpy(hashed(f"mel {row}", mels * 3000).reshape(mels, 3000))


def decode_case(model, mels: int, name: str, rows: list, **options) -> dict:
    mel = torch.stack([mel_input(mels, row) for row in rows])
    options = DecodingOptions(fp16=False, sample_len=SAMPLE_LEN, **options)
    task = DecodingTask(model, options)
    # Of several recordings at once its beam search makes a shape error.
    results = task.run(mel) if options.beam_size is None else [task.run(row[None])[0] for row in mel]
    return {
        "name": name,
        "mel": rows,
        "initial": list(task.initial_tokens),
        "sotIndex": task.sot_index,
        "withTimestamps": not options.without_timestamps,
        "steps": SAMPLE_LEN,
        **({"beams": options.beam_size, "patience": options.patience or 1} if options.beam_size else {}),
        "tokens": [r.tokens for r in results],
        "sumLogprobs": [exact(r.avg_logprob * (len(r.tokens) + 1)) for r in results],
        "noSpeechProbs": [exact(r.no_speech_prob) for r in results],
    }


def align_case(model, initial: list, eot: int, audio: torch.Tensor, text: list) -> dict:
    scores = [None] * LAYERS
    hooks = [
        block.cross_attn.register_forward_hook(lambda _, ins, outs, index=i: scores.__setitem__(index, outs[-1][0]))
        for i, block in enumerate(model.decoder.blocks)
    ]
    tokens = [*initial, *text, eot]
    with whisper.model.disable_sdpa():
        logits = model.decoder(torch.tensor([tokens]), audio)[0]
    for hook in hooks:
        hook.remove()
    probs = logits[len(initial) - 1 :, :eot].softmax(dim=-1)
    heads = torch.stack([scores[layer][head] for layer, head in ALIGNMENT_HEADS])
    picks = [(h, t, f) for h in range(len(ALIGNMENT_HEADS)) for t in (0, len(tokens) - 1) for f in (0, 700, 1499)]
    return {
        "tokens": tokens,
        "firstText": len(initial),
        "textProbs": [exact(probs[i, token]) for i, token in enumerate(text)],
        "scores": [[*pick, exact(heads[pick])] for pick in picks],
    }


@torch.no_grad()
def golden(vocabulary: int, mels: int, likely_end: bool = False) -> dict:
    model = model_of(vocabulary, mels, likely_end)
    multilingual = model.is_multilingual
    language = dict(language="de") if multilingual else dict(language="en")
    tokenizer = get_tokenizer(multilingual, num_languages=model.num_languages)
    prompt = [100 + 7 * i for i in range(12)]
    decodes = [
        decode_case(model, mels, "timestamps", [0], **language),
        decode_case(model, mels, "no timestamps", [0], without_timestamps=True, **language),
        decode_case(model, mels, "a prompt, two rows", [1, 2], prompt=prompt, **language),
    ]
    beams = [
        decode_case(model, mels, "5 beams, two recordings", [1, 2], beam_size=5, **language),
        decode_case(model, mels, "3 beams, patience 2, no timestamps", [0], beam_size=3, patience=2.0, without_timestamps=True, **language),
        decode_case(model, mels, "4 beams behind a prompt", [2], beam_size=4, prompt=prompt, **language),
    ]
    if multilingual:
        decodes.append(decode_case(model, mels, "translation", [2], task="translate", language="ja"))
    audio = model.embed_audio(mel_input(mels, 0)[None])
    tokens = decodes[2]["initial"]
    logits = model.decoder(torch.tensor([tokens]), audio)[0]
    picked = [0, 220, 1000, 25000, tokenizer.eot, tokenizer.sot, tokenizer.no_speech, tokenizer.timestamp_begin, vocabulary - 1]
    cross = []
    for layer, block in enumerate(model.decoder.blocks):
        for part, project in (("k", block.cross_attn.key), ("v", block.cross_attn.value)):
            values = project(audio)[0]
            cross += [[layer, part, h, f, exact(values[f, h * WIDTH // HEADS + 5])] for h in range(HEADS) for f in (0, 601, 1499)]
    sot = logits[decodes[2]["sotIndex"]].softmax(dim=-1)
    return {
        "vocabulary": vocabulary,
        "mels": mels,
        "suppressed": list(DecodingTask(model, DecodingOptions(fp16=False, **language))._get_suppress_tokens()),
        "cross": cross,
        "prefill": {
            "tokens": tokens,
            "sotIndex": decodes[2]["sotIndex"],
            "logits": [[i, exact(logits[-1, i])] for i in picked],
            "argMax": int(logits[-1].argmax()),
            "sotProbs": [[i, exact(sot[i])] for i in (tokenizer.no_speech, *tokenizer.all_language_tokens[:3])],
        },
        "decodes": decodes,
        "beams": beams,
        "align": align_case(model, [*tokenizer.sot_sequence, tokenizer.no_timestamps], tokenizer.eot, audio, [300 + 11 * i for i in range(20)]),
    }


def main(_shared: str, _base: str, output: str) -> None:
    os.makedirs(output, exist_ok=True)
    result = {"reference": f"openai-whisper {whisper.__version__}", "torch": torch.__version__}
    result["models"] = {name: golden(**variant) for name, variant in VARIANTS.items()}
    with open(os.path.join(output, "random-whisper.json"), "w") as stream:
        json.dump(result, stream, separators=(",", ":"))
        stream.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
