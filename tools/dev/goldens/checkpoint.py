"""Reads a Whisper checkpoint in Hugging Face's layout or CTranslate2's into openai-whisper's model, by renaming its tensors."""

import hashlib
import json
import os
import struct

import numpy as np
import torch
from safetensors.torch import load_file
from whisper.model import ModelDimensions, Whisper

RENAMED = [
    ("model.", ""),
    ("layers", "blocks"),
    ("fc1", "mlp.0"),
    ("fc2", "mlp.2"),
    ("final_layer_norm", "mlp_ln"),
    ("encoder_attn_layer_norm", "cross_attn_ln"),
    ("encoder_attn.q_proj", "cross_attn.query"),
    ("encoder_attn.k_proj", "cross_attn.key"),
    ("encoder_attn.v_proj", "cross_attn.value"),
    ("encoder_attn.out_proj", "cross_attn.out"),
    ("self_attn_layer_norm", "attn_ln"),
    ("self_attn.q_proj", "attn.query"),
    ("self_attn.k_proj", "attn.key"),
    ("self_attn.v_proj", "attn.value"),
    ("self_attn.out_proj", "attn.out"),
    ("encoder.layer_norm", "encoder.ln_post"),
    ("decoder.layer_norm", "decoder.ln"),
    ("embed_tokens", "token_embedding"),
    ("embed_positions.weight", "positional_embedding"),
]


def openai_name(name: str) -> str:
    for ours, theirs in RENAMED:
        name = name.replace(ours, theirs)
    return name


def build(config: dict, tensors: dict, alignment_heads: list) -> Whisper:
    """config: config.json's fields; tensors: by Hugging Face's names."""
    dims = ModelDimensions(
        n_mels=config["num_mel_bins"],
        n_audio_ctx=config["max_source_positions"],
        n_audio_state=config["d_model"],
        n_audio_head=config["encoder_attention_heads"],
        n_audio_layer=config["encoder_layers"],
        n_vocab=config["vocab_size"],
        n_text_ctx=config["max_target_positions"],
        n_text_state=config["d_model"],
        n_text_head=config["decoder_attention_heads"],
        n_text_layer=config["decoder_layers"],
    )
    model = Whisper(dims)
    model.load_state_dict({openai_name(name): tensor.float() for name, tensor in tensors.items()}, strict=True)
    mask = torch.zeros(dims.n_text_layer, dims.n_text_head, dtype=torch.bool)
    for layer, head in alignment_heads:
        mask[layer, head] = True
    model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
    encode_once(model)
    return model.eval()


def encode_once(model: Whisper, windows: int = 8) -> None:
    """The same recording is decoded in several ways: its windows' encodings are kept, which changes no number."""
    encode, kept = model.encoder.forward, []

    def forward(mel: torch.Tensor) -> torch.Tensor:
        for known, features in kept:
            if torch.equal(known, mel):
                return features
        features = encode(mel)
        kept.append((mel.clone(), features))
        del kept[:-windows]
        return features

    model.encoder.forward = forward


def load(folder: str) -> Whisper:
    if weight_files(folder) == ["model.bin"]:
        return load_ctranslate2(folder)
    tensors = {}
    for file in weight_files(folder):
        tensors.update(load_file(os.path.join(folder, file)))
    return build(read_json(folder, "config.json"), tensors, read_json(folder, "generation_config.json")["alignment_heads"])


def load_ctranslate2(folder: str) -> Whisper:
    with open(os.path.join(folder, "model.bin"), "rb") as stream:
        variables = ctranslate2_variables(stream.read())
    tensors = {name: torch.from_numpy(array.astype(np.float32)) for name, array in hugging_face(variables).items()}
    return build(sizes_of(variables), tensors, read_json(folder, "config.json")["alignment_heads"])


def sizes_of(variables: dict) -> dict:
    """config.json's sizes, from CTranslate2's arrays."""
    width, bands, _ = variables["encoder/conv1/weight"].shape

    def layers(side: str) -> int:
        return sum(1 for name in variables if name.startswith(f"{side}/") and name.endswith("ffn/linear_0/weight"))

    return {
        "num_mel_bins": bands,
        "max_source_positions": variables["encoder/position_encodings/encodings"].shape[0],
        "d_model": width,
        "encoder_attention_heads": int(variables["encoder/num_heads"]),
        "encoder_layers": layers("encoder"),
        "vocab_size": variables["decoder/embeddings/weight"].shape[0],
        "max_target_positions": variables["decoder/position_encodings/encodings"].shape[0],
        "decoder_attention_heads": int(variables["decoder/num_heads"]),
        "decoder_layers": layers("decoder"),
    }


def ctranslate2_variables(data: bytes) -> dict:
    """The arrays of a model.bin of version 6, by CTranslate2's names."""
    types = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
    at = 0

    def take(form: str) -> int:
        nonlocal at
        value = struct.unpack_from("<" + form, data, at)[0]
        at += struct.calcsize("<" + form)
        return value

    def text() -> str:
        nonlocal at
        length = take("H")
        at += length
        return data[at - length : at - 1].decode()

    version, _spec, _revision = take("I"), text(), take("I")
    assert version == 6, version
    variables = {}
    for _ in range(take("I")):
        name = text()
        shape = [take("I") for _ in range(take("B"))]
        kind, size = types[take("B")], take("I")
        variables[name] = np.frombuffer(data, kind, size // np.dtype(kind).itemsize, at).reshape(shape)
        at += size
    return variables


PLAIN = {
    "self_attention/linear_1": "self_attn.out_proj",
    "self_attention/layer_norm": "self_attn_layer_norm",
    "attention/linear_0": "encoder_attn.q_proj",
    "attention/linear_2": "encoder_attn.out_proj",
    "attention/layer_norm": "encoder_attn_layer_norm",
    "ffn/linear_0": "fc1",
    "ffn/linear_1": "fc2",
    "ffn/layer_norm": "final_layer_norm",
}
JOINED = {
    "self_attention/linear_0": ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    "attention/linear_1": ["encoder_attn.k_proj", "encoder_attn.v_proj"],
}
LEAVES = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}


def hugging_face(variables: dict) -> dict:
    """CTranslate2's arrays by Hugging Face's names."""
    found = {"model.decoder.embed_tokens.weight": variables["decoder/embeddings/weight"]}
    for path, array in variables.items():
        parts = path.split("/")
        side, leaf = parts[0], LEAVES.get(parts[-1])
        if parts[1] == "position_encodings":
            found[f"model.{side}.embed_positions.weight"] = array
        elif parts[1].startswith("layer_") and parts[1] != "layer_norm":
            block, inner = f"model.{side}.layers.{parts[1][6:]}", "/".join(parts[2:-1])
            if inner in PLAIN:
                found[f"{block}.{PLAIN[inner]}.{leaf}"] = array
                continue
            for name, piece in zip(JOINED[inner], np.split(array, len(JOINED[inner])), strict=True):
                # Whisper's keys have no bias; CTranslate2 stores zeros.
                if not (name.endswith("k_proj") and leaf == "bias"):
                    found[f"{block}.{name}.{leaf}"] = piece
        elif parts[1] in ("conv1", "conv2", "layer_norm"):
            found[f"model.{side}.{parts[1]}.{leaf}"] = array
    return found


def weight_files(folder: str) -> list:
    files = sorted(file for file in os.listdir(folder) if file.endswith(".safetensors"))
    return files or ["model.bin"]


def checksums(folder: str) -> dict:
    sums = {}
    for file in weight_files(folder):
        with open(os.path.join(folder, file), "rb") as stream:
            sums[file] = hashlib.file_digest(stream, "sha256").hexdigest()
    return sums


def read_json(folder: str, file: str) -> dict:
    with open(os.path.join(folder, file)) as stream:
        return json.load(stream)
