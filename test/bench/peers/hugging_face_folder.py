"""hugging_face_folder.py CTRANSLATE2_FOLDER FOLDER: a multilingual Whisper that lies in CTranslate2's layout, in Hugging Face's, from
which every peer's own form is made. The weights are the same, bit for bit.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).parents[3] / "tools/dev/goldens"))
import checkpoint as goldens  # noqa: E402  the goldens' reader of the same checkpoints


def main(source: Path, folder: Path) -> None:
    variables = goldens.ctranslate2_variables((source / "model.bin").read_bytes())
    told = json.loads((source / "config.json").read_text())
    tokens = {token["content"]: token["id"] for token in json.loads((source / "tokenizer.json").read_text())["added_tokens"]}
    end, start = tokens["<|endoftext|>"], tokens["<|startoftranscript|>"]
    ids = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end, "decoder_start_token_id": start}
    sizes = goldens.sizes_of(variables)
    config = {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "activation_function": "gelu",
        "is_encoder_decoder": True,
        "num_hidden_layers": sizes["encoder_layers"],
        "encoder_ffn_dim": 4 * sizes["d_model"],
        "decoder_ffn_dim": 4 * sizes["d_model"],
        "scale_embedding": False,
        "tie_word_embeddings": True,
        "torch_dtype": "float16",
        **sizes,
        **ids,
    }
    generation = {
        **ids,
        "alignment_heads": told["alignment_heads"],
        "suppress_tokens": told["suppress_ids"],
        "begin_suppress_tokens": told["suppress_ids_begin"],
        "is_multilingual": True,
        "lang_to_id": {token: i for token, i in tokens.items() if i in told["lang_ids"]},
        "task_to_id": {"transcribe": tokens["<|transcribe|>"], "translate": tokens["<|translate|>"]},
        "no_timestamps_token_id": tokens["<|notimestamps|>"],
        "prev_sot_token_id": tokens["<|startofprev|>"],
        "max_initial_timestamp_index": 50,
        "max_length": sizes["max_target_positions"],
        "return_timestamps": False,
    }
    features = {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "processor_class": "WhisperProcessor",
        "feature_size": sizes["num_mel_bins"],
        "sampling_rate": 16000,
        "hop_length": 160,
        "n_fft": 400,
        "chunk_length": 30,
        "n_samples": 480000,
        "nb_max_frames": 3000,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": False,
    }
    tokenizer = {
        "tokenizer_class": "WhisperTokenizer",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "errors": "replace",
        "model_max_length": 1024,
        "add_prefix_space": False,
    }
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: np.ascontiguousarray(array) for name, array in goldens.hugging_face(variables).items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    written = {"config": config, "generation_config": generation, "preprocessor_config": features, "tokenizer_config": tokenizer}
    for name, content in written.items():
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1))
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
