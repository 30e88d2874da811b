"""export_openvino.py CHECKPOINT FOLDER RECORDING...: the checkpoint as OpenVINO GenAI loads it, a folder for each way to hold it:

f32: optimum-intel's export. int8: its weights in 8 bits, as `optimum-cli export openvino --weight-format int8`. int8-calibrated: weights
and activations of encoder and decoder in 8 bits, by optimum-intel's recipe for Whisper, with what the recordings send through the f32
model as the calibration set. int8-encoder: the calibrated encoder with the decoder of int8.
"""

import shutil
import sys
import wave
from pathlib import Path

import nncf
import numpy as np
from optimum.exporters.openvino import main_export
from optimum.intel import OVConfig, OVModelForSpeechSeq2Seq, OVQuantizationConfig, OVQuantizer, OVWeightQuantizationConfig
from optimum.intel.openvino.quantization import InferRequestWrapper, OVCalibrationDataset
from transformers import AutoProcessor

TASK = "automatic-speech-recognition-with-past"
# Random weights hardly ever end a text of their own accord.
MAX_TOKENS = 64


def samples(recording: str) -> np.ndarray:
    with wave.open(recording) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768.0


def calibration(folder: Path, checkpoint: Path, recordings: list[str]) -> OVCalibrationDataset:
    """What the encoder and the decoder are given while the f32 model transcribes the recordings."""
    model = OVModelForSpeechSeq2Seq.from_pretrained(folder)
    processor = AutoProcessor.from_pretrained(checkpoint)
    inputs = {}
    for name, component in model.components.items():
        component.compile()
        inputs[name] = []
        component.request = InferRequestWrapper(component.request, inputs[name], apply_caching=True)
    language = {"language": "en", "task": "transcribe"} if model.generation_config.is_multilingual else {}
    for recording in recordings:
        features = processor(samples(recording), sampling_rate=16000, return_tensors="pt").input_features
        model.generate(features, max_new_tokens=MAX_TOKENS, return_timestamps=True, **language)
    return OVCalibrationDataset({name: nncf.Dataset(given) for name, given in inputs.items()})


def quantize(source: Path, target: Path, config, dataset: OVCalibrationDataset | None = None) -> None:
    shutil.copytree(source, target)
    model = OVModelForSpeechSeq2Seq.from_pretrained(source, compile=False)
    OVQuantizer.from_pretrained(model).quantize(
        ov_config=OVConfig(quantization_config=config), calibration_dataset=dataset, save_directory=target
    )


def main(checkpoint: Path, folder: Path, recordings: list[str]) -> None:
    f32, int8, calibrated, encoder = (folder / name for name in ("f32", "int8", "int8-calibrated", "int8-encoder"))
    main_export(str(checkpoint), output=f32, task=TASK, ov_config=OVConfig(dtype="fp32"), convert_tokenizer=True)
    quantize(f32, int8, OVWeightQuantizationConfig(bits=8))
    dataset = calibration(f32, checkpoint, recordings)
    most = max(given.get_length() for given in dataset.values())
    quantize(f32, calibrated, OVQuantizationConfig(bits=8, smooth_quant_alpha=0.95, num_samples=most), dataset)
    shutil.copytree(int8, encoder)
    for part in ("xml", "bin"):
        shutil.copyfile(calibrated / f"openvino_encoder_model.{part}", encoder / f"openvino_encoder_model.{part}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
