"""export_sherpa.py CHECKPOINT FOLDER VAD: the checkpoint as sherpa-onnx loads it: encoder.onnx and decoder.onnx in f32 and, by its
own recipe for Whisper (products with weights at the right, dynamically, per tensor), in 8 bits as *.int8.onnx; tokens.txt; silero_vad.onnx.

What the two graphs are given and give is sherpa-onnx's: the encoder gives the cross keys and values of all decoder layers, for windows
of any length up to 30 s; the decoder writes its own keys and values into caches of the longest text.
"""

import shutil
import sys
from pathlib import Path

import onnx
import torch
import whisper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from torch.nn.functional import gelu
from whisper.model import MultiHeadAttention, disable_sdpa

sys.path.insert(0, str(Path(__file__).parents[3] / "tools/dev/goldens"))
import checkpoint as hugging_face  # noqa: E402  the goldens' reader of the same checkpoints

OPSET = 17


class Encoder(nn.Module):
    def __init__(self, model: whisper.Whisper):
        super().__init__()
        self.encoder, self.layers = model.encoder, model.decoder.blocks

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        audio = gelu(self.encoder.conv2(gelu(self.encoder.conv1(mel)))).permute(0, 2, 1)
        audio = audio + self.encoder.positional_embedding[: audio.shape[1]]
        for block in self.encoder.blocks:
            audio = block(audio)
        audio = self.encoder.ln_post(audio)
        keys = [layer.cross_attn.key(audio) for layer in self.layers]
        values = [layer.cross_attn.value(audio) for layer in self.layers]
        return torch.stack(keys), torch.stack(values)


class Decoder(nn.Module):
    def __init__(self, model: whisper.Whisper):
        super().__init__()
        self.decoder = model.decoder

    def forward(
        self, tokens: Tensor, keys: Tensor, values: Tensor, cross_keys: Tensor, cross_values: Tensor, offset: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        decoder, begin = self.decoder, offset[0]
        end = begin + tokens.shape[-1]
        text = decoder.token_embedding(tokens) + decoder.positional_embedding[begin:end]
        for i, block in enumerate(decoder.blocks):
            normed = block.attn_ln(text)
            keys[i, :, begin:end] = block.attn.key(normed)
            values[i, :, begin:end] = block.attn.value(normed)
            text = text + attend(block.attn, normed, keys[i, :, :end], values[i, :, :end], decoder.mask)
            text = text + attend(block.cross_attn, block.cross_attn_ln(text), cross_keys[i], cross_values[i])
            text = text + block.mlp(block.mlp_ln(text))
        # The vocabulary stands at the left, as in its recipe: there the 8-bit form leaves it in single precision.
        logits = torch.matmul(decoder.token_embedding.weight, decoder.ln(text).permute(0, 2, 1)).permute(0, 2, 1)
        return logits, keys, values


def attend(attention: MultiHeadAttention, text: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None) -> Tensor:
    weighted, _ = attention.qkv_attention(attention.query(text), keys, values, mask)
    return attention.out(weighted)


def describe(file: Path, model: whisper.Whisper) -> None:
    """Writes into the encoder's file the model's sizes and special tokens, which sherpa-onnx reads there."""
    tokenizer = whisper.tokenizer.get_tokenizer(model.is_multilingual, num_languages=model.num_languages)
    ids = ("sot", "eot", "no_speech", "transcribe", "translate", "sot_prev", "sot_lm", "no_timestamps")
    lists = ("sot_sequence", "all_language_tokens", "all_language_codes", "non_speech_tokens")
    properties = {
        "model_type": "whisper",
        "version": "1",
        **vars(model.dims),
        "is_multilingual": int(model.is_multilingual),
        "sot_index": tokenizer.sot_sequence.index(tokenizer.sot),
        "blank_id": tokenizer.encode(" ")[0],
        **{key: getattr(tokenizer, key) for key in ids},
        **{key: ",".join(map(str, getattr(tokenizer, key))) for key in lists},
    }
    graph = onnx.load(str(file))
    onnx.helper.set_model_props(graph, {key: str(value) for key, value in properties.items()})
    onnx.save(graph, str(file))


def export(module: nn.Module, inputs: tuple, file: Path, names: tuple[list[str], list[str]], axes: dict) -> None:
    given, results = names
    torch.onnx.export(
        module, inputs, str(file), opset_version=OPSET, input_names=given, output_names=results, dynamic_axes=axes, dynamo=False
    )


@torch.no_grad()
def main(checkpoint: Path, folder: Path, vad: Path) -> None:
    model = hugging_face.load(str(checkpoint)).eval()
    dims = model.dims
    mel = torch.randn(1, dims.n_mels, 3000)
    cross = ["n_layer_cross_k", "n_layer_cross_v"]
    cross_axes = {name: {1: "n_audio", 2: "T"} for name in cross}
    caches = [f"n_layer_self_{kind}_cache" for kind in "kv"]
    read, written = [f"in_{name}" for name in caches], [f"out_{name}" for name in caches]
    encoder, decoder = folder / "encoder.onnx", folder / "decoder.onnx"

    export(Encoder(model), (mel,), encoder, (["mel"], cross), {"mel": {0: "n_audio", 2: "T"}, **cross_axes})
    cross_given = Encoder(model)(mel)
    empty = torch.zeros(dims.n_text_layer, 1, dims.n_text_ctx, dims.n_text_state)
    step = (torch.tensor([[0]]), empty, empty.clone(), *cross_given, torch.tensor([3]))
    axes = {"tokens": {0: "n_audio", 1: "n_tokens"}, **{name: {1: "n_audio"} for name in read}, **cross_axes}
    export(Decoder(model), step, decoder, (["tokens", *read, *cross, "offset"], ["logits", *written]), axes)

    describe(encoder, model)
    for file in (encoder, decoder):
        quantize_dynamic(str(file), str(file.with_suffix(".int8.onnx")), op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8)
    ranks = "multilingual" if model.is_multilingual else "gpt2"
    shutil.copyfile(Path(whisper.__file__).parent / "assets" / f"{ranks}.tiktoken", folder / "tokens.txt")
    shutil.copyfile(vad, folder / "silero_vad.onnx")


if __name__ == "__main__":
    # Its fused attention does not go through the exporter.
    with disable_sdpa():
        main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
