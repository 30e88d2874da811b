"""prepare.py CHECKPOINT FOLDER: the same weights in both peers' own formats: openai.pt, and faster-whisper/ in 8 bits."""

import shutil
import sys
from pathlib import Path

import torch
from ctranslate2.converters import TransformersConverter

sys.path.insert(0, str(Path(__file__).parents[3] / "tools/dev/goldens"))
import checkpoint as hugging_face  # noqa: E402  the goldens' reader of the same checkpoints


def main(checkpoint: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = hugging_face.load(str(checkpoint))
    torch.save({"dims": vars(model.dims), "model_state_dict": model.state_dict()}, folder / "openai.pt")
    target = folder / "faster-whisper"
    shutil.rmtree(target, ignore_errors=True)
    copied = [name for name in ("tokenizer.json", "preprocessor_config.json") if (checkpoint / name).exists()]
    TransformersConverter(str(checkpoint), copy_files=copied).convert(str(target), quantization="int8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
