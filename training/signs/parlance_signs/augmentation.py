"""What changes between one photograph of a sign and another that is none of the letter's: place, size, tilt, shape of the hand, side,
light, sharpness, what lies behind it."""

import math
from dataclasses import dataclass

import torch
from torch.nn import functional

from .corpus import PIXELS


@dataclass(frozen=True)
class Augmentation:
    tilt_degrees: float = 20
    scale: tuple[float, float] = (0.72, 1.12)
    stretch: float = 0.15
    shear: float = 0.12
    shift: float = 0.1
    warp: float = 0.05
    mirrored: float = 0.5
    background: float = 0.4
    erased: float = 0.15


def augment(images: torch.Tensor, backgrounds: torch.Tensor, random: torch.Generator, how: Augmentation) -> torch.Tensor:
    """Variants [n, 1, PIXELS, PIXELS] of `images` [n, 1, 96, 96], some of them before one of `backgrounds`."""
    seen = _moved(torch.cat([images, hand_mask(images)], dim=1), random, how)
    hands, mask = seen[:, :1], seen[:, 1:]
    hands = _lit(hands, random)
    hands = _before_background(hands, mask, backgrounds, random, how.background)
    hands = _erased(_blurred(hands, random), random, how.erased)
    grain = _uniform(random, len(images), 0, 0.04)[:, None, None, None]
    return (hands + grain * torch.randn(hands.shape, generator=random)).clamp(0, 1)


def hand_mask(images: torch.Tensor) -> torch.Tensor:
    """Where a hand is before the corpus' black ground, 0 to 1; small dark places inside it are closed."""
    lit = ((images - 0.04) * 25).clamp(0, 1)
    return -functional.max_pool2d(-functional.max_pool2d(lit, 3, 1, 1), 3, 1, 1)


def before_backgrounds(images: torch.Tensor, backgrounds: torch.Tensor) -> torch.Tensor:
    """`images` [n, 1, s, s] with `backgrounds` [n, 1, s, s] where their ground is black."""
    mask = hand_mask(images)
    return mask * images + (1 - mask) * backgrounds


def _uniform(random: torch.Generator, count: int, low: float, high: float) -> torch.Tensor:
    return low + (high - low) * torch.rand(count, generator=random)


def _moved(images: torch.Tensor, random: torch.Generator, how: Augmentation) -> torch.Tensor:
    """Turned, scaled, stretched, sheared, shifted, mirrored and bent, in one resampling."""
    count = len(images)
    angle = torch.randn(count, generator=random) * math.radians(how.tilt_degrees) * 0.6
    angle = angle.clamp(-math.radians(how.tilt_degrees), math.radians(how.tilt_degrees))
    scale = 1 / _uniform(random, count, *how.scale)
    wide = scale * torch.exp(_uniform(random, count, -how.stretch, how.stretch))
    high = scale * torch.exp(_uniform(random, count, -how.stretch, how.stretch))
    wide = torch.where(torch.rand(count, generator=random) < how.mirrored, -wide, wide)
    shear = _uniform(random, count, -how.shear, how.shear)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    rows = (wide * cosine, wide * (shear * cosine - sine), _uniform(random, count, -how.shift, how.shift))
    columns = (high * sine, high * (shear * sine + cosine), _uniform(random, count, -how.shift, how.shift))
    matrix = torch.stack([torch.stack(rows, 1), torch.stack(columns, 1)], 1)
    grid = functional.affine_grid(matrix, [count, 2, PIXELS, PIXELS], align_corners=False)
    bends = torch.randn(count, 2, 5, 5, generator=random) * how.warp
    bend = functional.interpolate(bends, size=(PIXELS, PIXELS), mode="bicubic", align_corners=True)
    return functional.grid_sample(images, grid + bend.permute(0, 2, 3, 1), align_corners=False)


def _lit(hands: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Brighter or darker, harder or softer, lit from one side."""
    count = len(hands)
    gamma = torch.exp(_uniform(random, count, -0.5, 0.5))[:, None, None, None]
    gain = _uniform(random, count, 0.55, 1.35)[:, None, None, None]
    slope = _uniform(random, 2 * count, -0.35, 0.35).view(count, 2, 1, 1)
    across = torch.linspace(-1, 1, PIXELS).view(1, 1, 1, -1)
    down = torch.linspace(-1, 1, PIXELS).view(1, 1, -1, 1)
    light = 1 + slope[:, :1] * across + slope[:, 1:] * down
    return (hands.clamp(1e-4, 1) ** gamma * gain * light).clamp(0, 1)


def _before_background(
    hands: torch.Tensor, mask: torch.Tensor, backgrounds: torch.Tensor, random: torch.Generator, share: float
) -> torch.Tensor:
    count = len(hands)
    behind = backgrounds[torch.randint(len(backgrounds), (count,), generator=random)]
    strength = _uniform(random, count, 0.1, 1)[:, None, None, None]
    placed = mask * hands + (1 - mask) * behind * strength
    chosen = (torch.rand(count, generator=random) < share)[:, None, None, None]
    return torch.where(chosen, placed, hands)


def _blurred(hands: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """A third of them, by a small binomial filter."""
    row = torch.tensor([0.25, 0.5, 0.25])
    soft = functional.conv2d(hands, torch.outer(row, row)[None, None], padding=1)
    chosen = (torch.rand(len(hands), generator=random) < 1 / 3)[:, None, None, None]
    return torch.where(chosen, soft, hands)


def _erased(hands: torch.Tensor, random: torch.Generator, share: float) -> torch.Tensor:
    """A square of a sixth of a side is grey in some (Zhong et al., "Random erasing data augmentation", 2020)."""
    count, side = len(hands), PIXELS // 6
    places = torch.arange(PIXELS)
    top, left = (torch.randint(PIXELS - side, (count, 1), generator=random) for _ in range(2))
    rows = (places >= top) & (places < top + side)
    columns = (places >= left) & (places < left + side)
    chosen = torch.rand(count, 1, generator=random) < share
    hole = (rows & chosen)[:, None, :, None] & columns[:, None, None, :]
    return torch.where(hole, torch.rand(count, 1, 1, 1, generator=random), hands)
