"""random_checkpoint.py TOKENIZER_CHECKPOINT SHAPE FOLDER: a Whisper of OpenAI's exact base or small shape (English-only), random weights.

Speed does not depend on what the weights say, where every engine is made to compute the same number of tokens.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

SHAPES = {"base": dict(width=512, heads=8, layers=6), "small": dict(width=768, heads=12, layers=12)}


def main(tokenizer: Path, shape: str, folder: Path) -> None:
    torch.manual_seed(20250625)
    size = SHAPES[shape]
    own = json.loads((tokenizer / "config.json").read_text())
    kept = {key: value for key, value in own.items() if "token" in key or key in ("vocab_size", "num_mel_bins", "model_type")}
    config = WhisperConfig(
        **kept,
        d_model=size["width"],
        encoder_layers=size["layers"],
        decoder_layers=size["layers"],
        encoder_attention_heads=size["heads"],
        decoder_attention_heads=size["heads"],
        encoder_ffn_dim=4 * size["width"],
        decoder_ffn_dim=4 * size["width"],
    )
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig.from_pretrained(str(tokenizer))
    # Any heads do: word times are not asked of random weights.
    model.generation_config.alignment_heads = [[size["layers"] - 1, head] for head in range(4)]
    model.save_pretrained(folder, safe_serialization=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", "vocab.json", "merges.txt"):
        shutil.copyfile(tokenizer / name, folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
