"""Writes whisper.cpp's model file from openai-whisper's model: f16, or q8_0 as its own quantize tool makes it."""

import base64
import struct
from pathlib import Path

import numpy as np
import whisper

MAGIC = 0x67676D6C
F32, F16, Q8_0 = 0, 1, 8
# The header's own type: whisper.cpp's ftype, 7 being "mostly q8_0" of the second quantization format.
FILE_TYPES = {"f16": 1, "q8_0": 2007}
BLOCK = 32
ALWAYS_F32 = {"encoder.conv1.bias", "encoder.conv2.bias", "encoder.positional_embedding", "decoder.positional_embedding"}


def q8_0(data: np.ndarray) -> bytes:
    """ggml's quantize_row_q8_0_ref: blocks of 32, an f16 scale before each."""
    blocks = data.astype(np.float32).reshape(-1, BLOCK)
    scales = np.abs(blocks).max(axis=1) / 127
    inverse = np.divide(1, scales, out=np.zeros_like(scales), where=scales > 0)
    scaled = blocks * inverse[:, None]
    # roundf: halves away from zero.
    values = (np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)).astype(np.int8)
    return np.rec.fromarrays([scales.astype(np.float16), values], dtype=[("d", "<f2"), ("q", "i1", BLOCK)]).tobytes()


def tensor(name: str, data: np.ndarray, precision: str) -> tuple:
    if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        data = data.reshape(-1, 1)
    if data.ndim < 2 or name in ALWAYS_F32:
        return F32, data.shape, data.astype("<f4").tobytes()
    if precision == "q8_0" and data.ndim == 2:
        return Q8_0, data.shape, q8_0(data)
    return F16, data.shape, data.astype("<f2").tobytes()


def write(model: whisper.Whisper, file: Path, precision: str) -> None:
    dims = model.dims
    assets = Path(whisper.__file__).parent / "assets"
    ranks = "multilingual" if model.is_multilingual else "gpt2"
    words = [base64.b64decode(line.split()[0]) for line in (assets / f"{ranks}.tiktoken").read_text().splitlines() if line]
    filters = np.load(assets / "mel_filters.npz")[f"mel_{dims.n_mels}"].astype("<f4")
    with open(file, "wb") as out:
        out.write(struct.pack("<i", MAGIC))
        out.write(
            struct.pack(
                "<11i", dims.n_vocab, dims.n_audio_ctx, dims.n_audio_state, dims.n_audio_head, dims.n_audio_layer,
                dims.n_text_ctx, dims.n_text_state, dims.n_text_head, dims.n_text_layer, dims.n_mels, FILE_TYPES[precision],
            )  # fmt: skip
        )
        out.write(struct.pack("<2i", *filters.shape) + filters.tobytes())
        out.write(struct.pack("<i", len(words)))
        for word in words:
            out.write(struct.pack("<i", len(word)) + word)
        for name, values in model.state_dict().items():
            kind, shape, data = tensor(name, values.numpy(), precision)
            encoded = name.encode()
            out.write(struct.pack("<3i", len(shape), len(encoded), kind))
            out.write(struct.pack(f"<{len(shape)}i", *reversed(shape)) + encoded + data)
