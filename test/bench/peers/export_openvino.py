"""export_openvino.py CHECKPOINT FOLDER: the checkpoint as OpenVINO GenAI loads it, a folder for each way to hold it:

f32: optimum-intel's export. int8: its weights in 8 bits, as `optimum-cli export openvino --weight-format int8`.
"""

import shutil
import sys
from pathlib import Path

from optimum.exporters.openvino import main_export
from optimum.intel import OVConfig, OVModelForSpeechSeq2Seq, OVQuantizer, OVWeightQuantizationConfig

TASK = "automatic-speech-recognition-with-past"


def main(checkpoint: Path, folder: Path) -> None:
    f32, int8 = folder / "f32", folder / "int8"
    main_export(str(checkpoint), output=f32, task=TASK, ov_config=OVConfig(dtype="fp32"), convert_tokenizer=True)
    # The tokenizer's graphs, which the quantizer does not write.
    shutil.copytree(f32, int8)
    model = OVModelForSpeechSeq2Seq.from_pretrained(f32, compile=False)
    config = OVConfig(quantization_config=OVWeightQuantizationConfig(bits=8))
    OVQuantizer.from_pretrained(model).quantize(ov_config=config, save_directory=int8)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
