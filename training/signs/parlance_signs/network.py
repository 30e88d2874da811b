"""The networks: small residual ones on 64 x 64 grey pixels (He et al., "Deep residual learning", 2016), and the mean of several."""

import torch
from torch import nn
from torch.nn import functional

from .corpus import CLASSES

WIDTHS = (24, 48, 80, 128)

# About the mean of the images: what is subtracted from each pixel.
OFFSET = 0.3


class Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(_convolution(width, width), nn.ReLU(), _convolution(width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(x + self.body(x))


class SignNetwork(nn.Module):
    """[n, 1, 64, 64], 0 to 1, to the logits of the classes [n, 27]."""

    def __init__(self, dropout: float = 0.3):
        super().__init__()
        stages: list[nn.Module] = [_convolution(1, WIDTHS[0], size=5, stride=2), nn.ReLU()]
        for narrow, wide in zip(WIDTHS, WIDTHS[1:]):
            stages += [_convolution(narrow, wide), nn.ReLU(), nn.MaxPool2d(2), Residual(wide)]
        self.features = nn.Sequential(*stages)
        # Where a finger is tells letters apart, so the last 4 x 4 places are kept apart.
        self.classify = nn.Sequential(
            _convolution(WIDTHS[-1], 64, size=1), nn.ReLU(), nn.Flatten(), nn.Dropout(dropout), nn.Linear(64 * 16, CLASSES)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classify(self.features(x - OFFSET))


class SignReader(nn.Module):
    """Mean probabilities of several networks, each of the image and its mirror image: left hands sign mirrored."""

    def __init__(self, networks: list[SignNetwork]):
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        views = torch.cat([x, x.flip(3)])
        mean = torch.stack([network(views).softmax(1) for network in self.networks]).mean(0)
        first, second = mean.chunk(2)
        return (first + second) / 2


def _convolution(narrow: int, wide: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(narrow, wide, size, stride, padding=size // 2, bias=False), nn.BatchNorm2d(wide)
    )
