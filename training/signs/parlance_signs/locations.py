"""What the environment says, and where things lie: what is read, what is cached, what is committed."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("PARLANCE_SHARED") or REPOSITORY.parent / "shared").resolve()
CORPUS = SHARED / "data" / "sign-letters"

# Figures of the folds, which `train` and `card` share.
CACHE = REPOSITORY / ".cache" / "signs"

# The trained model and its card; committed.
MODELS = REPOSITORY / "training" / "signs" / "models"
