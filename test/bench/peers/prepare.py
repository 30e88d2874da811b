"""prepare.py CHECKPOINT FOLDER: the same weights in both peers' own formats: openai.pt, and faster-whisper/ in 8 bits."""

import json
import shutil
import sys
from pathlib import Path

import torch
from ctranslate2.converters import TransformersConverter
from safetensors.torch import load_file

# Hugging Face's names to openai-whisper's, the other way round from transformers' convert_openai_to_hf.py.
RENAMES = [
    ("encoder.embed_positions.weight", "encoder.positional_embedding"),
    ("decoder.embed_positions.weight", "decoder.positional_embedding"),
    ("decoder.embed_tokens.weight", "decoder.token_embedding.weight"),
    ("encoder.layer_norm.", "encoder.ln_post."),
    ("decoder.layer_norm.", "decoder.ln."),
    (".layers.", ".blocks."),
    (".encoder_attn_layer_norm.", ".cross_attn_ln."),
    (".encoder_attn.", ".cross_attn."),
    (".self_attn_layer_norm.", ".attn_ln."),
    (".self_attn.", ".attn."),
    (".final_layer_norm.", ".mlp_ln."),
    (".q_proj.", ".query."),
    (".k_proj.", ".key."),
    (".v_proj.", ".value."),
    (".out_proj.", ".out."),
    (".fc1.", ".mlp.0."),
    (".fc2.", ".mlp.2."),
]


def openai_name(name: str) -> str:
    name = name.removeprefix("model.")
    for theirs, ours in RENAMES:
        name = name.replace(theirs, ours)
    return name


def main(checkpoint: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((checkpoint / "config.json").read_text())
    state = {}
    for file in sorted(checkpoint.glob("*.safetensors")):
        state |= {openai_name(name): tensor for name, tensor in load_file(file).items() if name != "proj_out.weight"}
    dims = dict(
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
    torch.save({"dims": dims, "model_state_dict": state}, folder / "openai.pt")
    target = folder / "faster-whisper"
    shutil.rmtree(target, ignore_errors=True)
    copied = [name for name in ("tokenizer.json", "preprocessor_config.json") if (checkpoint / name).exists()]
    TransformersConverter(str(checkpoint), copy_files=copied).convert(str(target), quantization="int8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
