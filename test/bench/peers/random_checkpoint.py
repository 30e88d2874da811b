"""random_checkpoint.py TOKENIZER_CHECKPOINT FOLDER: a Whisper of OpenAI's exact small shape (English-only), random weights.

Speed does not depend on what the weights say, where every engine is made to compute the same number of tokens.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

WIDTH, HEADS, LAYERS = 768, 12, 12


def main(tokenizer: Path, folder: Path) -> None:
    torch.manual_seed(20250625)
    own = json.loads((tokenizer / "config.json").read_text())
    kept = {key: value for key, value in own.items() if "token" in key or key in ("vocab_size", "num_mel_bins", "model_type")}
    config = WhisperConfig(
        **kept,
        d_model=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=4 * WIDTH,
        decoder_ffn_dim=4 * WIDTH,
    )
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig.from_pretrained(str(tokenizer))
    # Any heads do: word times are not asked of random weights.
    model.generation_config.alignment_heads = [[LAYERS - 1, head] for head in range(4)]
    model.save_pretrained(folder, safe_serialization=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", "vocab.json", "merges.txt"):
        shutil.copyfile(tokenizer / name, folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
