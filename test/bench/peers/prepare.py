"""prepare.py CHECKPOINT FOLDER: the same weights in the Python peers' own formats.

openai.pt, and under simulstreaming/ by the model's name; ctranslate2/ (f32: faster-whisper takes it down to 8 bits as it loads); whisper.cpp-{f16,q8_0}.bin.
"""

import shutil
import sys
from pathlib import Path

import torch
from ctranslate2.converters import TransformersConverter

import ggml_file

sys.path.insert(0, str(Path(__file__).parents[3] / "tools/dev/goldens"))
import checkpoint as hugging_face  # noqa: E402  the goldens' reader of the same checkpoints


def main(checkpoint: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = hugging_face.load(str(checkpoint))
    torch.save({"dims": vars(model.dims), "model_state_dict": model.state_dict()}, folder / "openai.pt")
    # whisperlivekit tells an English-only model by the name of its file.
    named = folder / "simulstreaming" / f"{checkpoint.name}.pt"
    named.parent.mkdir()
    named.symlink_to("../openai.pt")
    for precision in ggml_file.FILE_TYPES:
        ggml_file.write(model, folder / f"whisper.cpp-{precision}.bin", precision)
    target = folder / "ctranslate2"
    shutil.rmtree(target, ignore_errors=True)
    copied = [name for name in ("tokenizer.json", "preprocessor_config.json") if (checkpoint / name).exists()]
    TransformersConverter(str(checkpoint), copy_files=copied).convert(str(target), quantization="float32")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
