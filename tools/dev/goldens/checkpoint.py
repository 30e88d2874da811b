"""Reads a Hugging Face-layout Whisper checkpoint into openai-whisper's model, by renaming its tensors."""

import hashlib
import json
import os

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
    return model.eval()


def load(folder: str) -> Whisper:
    tensors = {}
    for file in weight_files(folder):
        tensors.update(load_file(os.path.join(folder, file)))
    return build(read_json(folder, "config.json"), tensors, read_json(folder, "generation_config.json")["alignment_heads"])


def weight_files(folder: str) -> list:
    return sorted(file for file in os.listdir(folder) if file.endswith(".safetensors"))


def checksums(folder: str) -> dict:
    sums = {}
    for file in weight_files(folder):
        with open(os.path.join(folder, file), "rb") as stream:
            sums[file] = hashlib.file_digest(stream, "sha256").hexdigest()
    return sums


def read_json(folder: str, file: str) -> dict:
    with open(os.path.join(folder, file)) as stream:
        return json.load(stream)
