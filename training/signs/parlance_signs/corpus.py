"""The photographs: which letter each shows, and whose hand."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# The class of an image that shows no hand comes behind the letters.
NO_HAND = len(LETTERS)
CLASSES = NO_HAND + 1

# Pictures of the corpus are of this many pixels a side, the network sees PIXELS.
SOURCE_PIXELS = 96
PIXELS = 64


@dataclass(frozen=True)
class Photos:
    """`images` [n, 1, 96, 96], grey, 0 to 1; `letters` [n], 0 to 25; `hands`: the name of each photo's hand."""

    images: torch.Tensor
    letters: torch.Tensor
    hands: np.ndarray

    def of(self, chosen: np.ndarray) -> "Photos":
        kept = torch.from_numpy(chosen)
        return Photos(self.images[kept], self.letters[kept], self.hands[chosen])


def read_corpus(folder: Path) -> Photos:
    """All photographs that the manifest names, in its order."""
    with open(folder / "manifest.tsv", encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    images = np.stack([read_grey(folder / row["file"]) for row in rows])
    letters = torch.tensor([LETTERS.index(row["letter"]) for row in rows])
    return Photos(torch.from_numpy(images)[:, None], letters, np.array([row["hand"] for row in rows]))


def read_grey(path: Path) -> np.ndarray:
    """float32 [height, width], 0 to 1."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), np.float32) / 255


def to_input(images: torch.Tensor) -> torch.Tensor:
    """What the network sees of them: [n, 1, PIXELS, PIXELS]."""
    return torch.nn.functional.interpolate(images, size=(PIXELS, PIXELS), mode="bilinear", antialias=True)
