"""Images that show no hand: drawn ones, and patches of photographs. They lie behind hands in training, and are the class "no hand"."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import zoom

from .corpus import PIXELS, read_grey


def drawn(random: np.random.Generator) -> np.ndarray:
    """float32 [PIXELS, PIXELS], 0 to 1, of one of the kinds below."""
    kind = _KINDS[random.integers(len(_KINDS))]
    return np.clip(kind(random), 0, 1).astype(np.float32)


def patch(photo: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A random square of a grey photograph, at least a sixth of its shorter side, scaled to PIXELS."""
    shorter = min(photo.shape)
    side = int(random.integers(min(max(shorter // 6, 24), shorter), shorter + 1))
    top, left = (int(random.integers(0, extent - side + 1)) for extent in photo.shape)
    return _enlarged(photo[top : top + side, left : left + side])


def background_pool(count: int, photos: list[np.ndarray], random: np.random.Generator) -> torch.Tensor:
    """[count, 1, PIXELS, PIXELS]: every other one a patch of `photos`, the rest drawn."""
    images = [
        patch(photos[random.integers(len(photos))], random) if photos and i % 2 == 0 else drawn(random)
        for i in range(count)
    ]
    return torch.from_numpy(np.stack(images))[:, None]


# Photographs of scikit-image's wheel; each is in training or in the test, and none shows a signing hand.
_TRAINING = ("brick", "camera", "clock_motion", "coffee", "coins", "horse", "moon", "motorcycle_left", "page")
_TEST = ("astronaut", "cell", "chelsea", "grass", "gravel", "logo", "microaneurysms", "text")
# Of 200 small pictures, 100 of faces and 100 of other things, every other one.
_SMALL = "lfw_subset.npy"


def training_photos() -> list[np.ndarray]:
    """Two that scikit-learn ships (china.jpg, flower.jpg; CC BY 2.0), and half of those of scikit-image."""
    import sklearn.datasets

    folder = Path(sklearn.datasets.__file__).parent / "images"
    own = [read_grey(folder / name) for name in ("china.jpg", "flower.jpg")]
    own += [read_grey(_folder() / f"{name}.png") for name in _TRAINING]
    # A photograph has many patches, and a small picture is one: each ten times, so that half of the patches are of photographs.
    return 10 * own + _small_pictures(0)


def unseen_photos() -> list[np.ndarray]:
    """The other half."""
    return [read_grey(_folder() / f"{name}.png") for name in _TEST]


def unseen_small_pictures() -> list[np.ndarray]:
    """100 pictures of PIXELS a side: half of them faces."""
    return [_enlarged(picture) for picture in _small_pictures(1)]


def _folder() -> Path:
    import skimage

    return Path(skimage.__file__).parent / "data"


def _small_pictures(first: int) -> list[np.ndarray]:
    return list(np.load(_folder() / _SMALL).astype(np.float32)[first::2])


def _enlarged(picture: np.ndarray) -> np.ndarray:
    """Of any square picture: PIXELS a side."""
    image = Image.fromarray((picture * 255).astype(np.uint8))
    return np.asarray(image.resize((PIXELS, PIXELS), Image.Resampling.BILINEAR), np.float32) / 255


def _noise(random: np.random.Generator) -> np.ndarray:
    """Noise of one or more sizes of grain."""
    image = np.zeros((PIXELS, PIXELS))
    for _ in range(random.integers(1, 4)):
        cells = int(random.choice([2, 3, 4, 8, 16, 32, 64]))
        grain = zoom(random.random((cells, cells)), PIXELS / cells, order=1, grid_mode=True, mode="nearest")
        image += random.uniform(0.2, 1) * grain
    return (image - image.min()) / (np.ptp(image) + 1e-6) * random.uniform(0.1, 1) + random.uniform(0, 0.3)


def _gradient(random: np.random.Generator) -> np.ndarray:
    angle = random.uniform(0, 2 * np.pi)
    across, down = np.meshgrid(np.linspace(-0.5, 0.5, PIXELS), np.linspace(-0.5, 0.5, PIXELS))
    ramp = across * np.cos(angle) + down * np.sin(angle)
    return random.random() + random.uniform(0, 1.2) * ramp + random.uniform(0, 0.05) * random.normal(size=ramp.shape)


def _stripes(random: np.random.Generator) -> np.ndarray:
    angle, waves = random.uniform(0, np.pi), random.uniform(1, 16)
    across, down = np.meshgrid(np.linspace(0, 1, PIXELS), np.linspace(0, 1, PIXELS))
    wave = np.sin(2 * np.pi * waves * (across * np.cos(angle) + down * np.sin(angle)) + random.uniform(0, 6))
    if random.random() < 0.5:
        wave = np.sign(wave)
    return random.uniform(0.2, 0.8) + random.uniform(0.05, 0.5) * wave


def _shapes(random: np.random.Generator) -> np.ndarray:
    """Ellipses, polygons, lines and boxes on a plain ground, black as often as not; sometimes shaded."""
    ground = 0 if random.random() < 0.5 else int(random.integers(256))
    image = Image.new("L", (2 * PIXELS, 2 * PIXELS), ground)
    pen = ImageDraw.Draw(image)
    for _ in range(int(random.integers(1, 9))):
        _draw_shape(pen, random)
    image = image.filter(ImageFilter.GaussianBlur(random.uniform(0, 2)))
    plain = np.asarray(image.resize((PIXELS, PIXELS), Image.Resampling.BILINEAR), np.float32) / 255
    return plain * (0.5 + 0.5 * np.clip(_noise(random), 0, 1)) if random.random() < 0.6 else plain


def _draw_shape(pen: ImageDraw.ImageDraw, random: np.random.Generator) -> None:
    grey = int(random.integers(40, 256))
    x, y = random.uniform(0, 2 * PIXELS, 2)
    width, height = random.uniform(8, 1.4 * PIXELS, 2)
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    match int(random.integers(4)):
        case 0:
            pen.ellipse(box, fill=grey)
        case 1:
            pen.rectangle(box, fill=grey)
        case 2:
            points = random.uniform(0, 2 * PIXELS, (int(random.integers(3, 7)), 2))
            pen.polygon([tuple(point) for point in points], fill=grey)
        case _:
            ends = random.uniform(0, 2 * PIXELS, 4)
            pen.line(tuple(ends), fill=grey, width=int(random.integers(1, 16)))


def _text(random: np.random.Generator) -> np.ndarray:
    """Lines of characters, dark on light or light on dark."""
    dark = random.random() < 0.5
    image = Image.new("L", (2 * PIXELS, 2 * PIXELS), 235 if dark else 10)
    pen = ImageDraw.Draw(image)
    size = int(random.integers(10, 60))
    for top in range(0, 2 * PIXELS, size):
        words = "".join(chr(int(code)) for code in random.integers(33, 123, 20))
        pen.text((int(random.integers(-20, 20)), top), words, fill=20 if dark else 240, font_size=size)
    return np.asarray(image.resize((PIXELS, PIXELS), Image.Resampling.BILINEAR), np.float32) / 255


_KINDS = (_noise, _gradient, _stripes, _shapes, _shapes, _text)
