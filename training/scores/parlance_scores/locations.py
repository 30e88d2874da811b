"""What the environment says, and where things lie: what is read, what is cached, what is committed."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("PARLANCE_SHARED") or REPOSITORY.parent / "shared").resolve()
CORPUS = SHARED / "data" / "speechocean762"
VOICE_ACTIVITY = SHARED / "models" / "silero-vad" / "silero_vad.onnx"

# The first so many recordings alone, to try things; all of them where it is not set.
RECORDINGS = int(os.environ.get("PARLANCE_SCORES_RECORDINGS") or 0) or None

CACHE = REPOSITORY / ".cache" / "scores"
WHISPER = REPOSITORY / ".cache" / "models" / "whisper-base"

# The trained models and their card; committed.
MODELS = REPOSITORY / "training" / "scores" / "models" if RECORDINGS is None else CACHE / "models"
