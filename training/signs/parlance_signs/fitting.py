"""Fits a network to photographs of signs and to images that show no hand."""

import copy

import numpy as np
import torch
from torch.nn import functional

from .augmentation import Augmentation, augment
from .corpus import NO_HAND, Photos
from .network import SignNetwork

BATCH = 96
NO_HAND_SHARE = 0.12
PEAK_RATE = 4e-3
SMOOTHING = 0.08
AVERAGING = 0.99


def fit(photos: Photos, backgrounds: torch.Tensor, seed: int, steps: int, how: Augmentation = Augmentation()) -> SignNetwork:
    """A network whose weights are the moving average over the steps (Polyak averaging). Hands with few photographs are drawn
    more often, each of them, than hands with many."""
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    network = SignNetwork().to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.03)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, total_steps=steps, pct_start=0.2)
    weights = hand_weights(photos.hands)
    none = round(NO_HAND_SHARE * BATCH)
    labels_of_none = torch.full((none,), NO_HAND)
    for _ in range(steps):
        chosen = torch.multinomial(weights, BATCH - none, replacement=True, generator=random)
        hands = augment(photos.images[chosen], backgrounds, random, how)
        images = torch.cat([hands, _no_hands(backgrounds, none, random)])
        labels = torch.cat([photos.letters[chosen], labels_of_none])
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(images.to(memory_format=torch.channels_last))
        loss = functional.cross_entropy(logits.float(), labels, label_smoothing=SMOOTHING)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rates.step()
        _average(averaged, network)
    return averaged


def hand_weights(hands: np.ndarray) -> torch.Tensor:
    """How often each photograph is drawn: those of a hand together by their number to the power of 0.3."""
    counts = {hand: int((hands == hand).sum()) for hand in np.unique(hands)}
    return torch.tensor([counts[hand] ** -0.7 for hand in hands], dtype=torch.float64)


def _no_hands(backgrounds: torch.Tensor, count: int, random: torch.Generator) -> torch.Tensor:
    """Backgrounds, turned, lighter or darker, some of them negatives; one in ten is even."""
    images = backgrounds[torch.randint(len(backgrounds), (count,), generator=random)]
    turns, flips = (int(n) for n in torch.randint(4, (2,), generator=random))
    images = images.rot90(turns, (2, 3))
    images = images.flip(3) if flips % 2 else images
    negative = torch.rand(count, 1, 1, 1, generator=random) < 0.15
    images = torch.where(negative, 1 - images, images)
    gain = 0.2 + torch.rand(count, 1, 1, 1, generator=random)
    plain = torch.rand(count, 1, 1, 1, generator=random) < 0.1
    even = torch.rand(count, 1, 1, 1, generator=random) * torch.ones_like(images)
    return torch.where(plain, even, images * gain).clamp(0, 1)


@torch.no_grad()
def _average(averaged: SignNetwork, network: SignNetwork) -> None:
    for mean, now in zip(averaged.state_dict().values(), network.state_dict().values()):
        if mean.is_floating_point():
            mean.lerp_(now, 1 - AVERAGING)
        else:
            mean.copy_(now)
