"""Leave one hand out: each hand is read by networks that were trained on the four others."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .augmentation import before_backgrounds
from .backgrounds import background_pool, patch, training_photos, unseen_photos, unseen_small_pictures
from .corpus import CLASSES, NO_HAND, Photos, to_input
from .fitting import fit
from .network import SignNetwork, SignReader

SEEDS = (22, 23)
STEPS = 1_800
BACKGROUNDS = 6_000
PATCHES_OF_A_PHOTO = 25

Say = Callable[[str], None]


@dataclass(frozen=True)
class HeldOut:
    """What networks that never saw it say of each photograph: probabilities [n, 27], before black, and before patches of photographs
    that took no part in training. `no_hands`: of such patches and of small pictures alone, by the networks of each fold in turn."""

    plain: np.ndarray
    before_photos: np.ndarray
    no_hands: np.ndarray

    @property
    def hand_doubts(self) -> np.ndarray:
        """[n]: the probability of "no hand" for each photograph."""
        return self.plain[:, NO_HAND]


def readers(photos: Photos, cache: Path, say: Say) -> dict[str, SignReader]:
    """For each hand the mean of networks trained on the other hands; for "" those of all hands. Networks are cached as they
    are fitted, so that an interrupted run goes on."""
    backgrounds = background_pool(BACKGROUNDS, training_photos(), np.random.default_rng(SEEDS[0]))
    cache.mkdir(parents=True, exist_ok=True)
    found = {}
    for left_out in (*sorted(set(photos.hands)), ""):
        networks = []
        for seed in SEEDS:
            file = cache / f"{left_out or 'all'}-{seed}-{STEPS}.pt"
            if not file.exists():
                network = fit(photos.of(photos.hands != left_out), backgrounds, seed, STEPS)
                torch.save(network.state_dict(), file)
                say(f"fitted {file.name}")
            network = SignNetwork()
            network.load_state_dict(torch.load(file, weights_only=True))
            networks.append(network)
        found[left_out] = SignReader(networks).eval()
    return found


@torch.no_grad()
def hold_out(photos: Photos, readers_by_hand: dict[str, SignReader]) -> HeldOut:
    plain = np.zeros((len(photos.letters), CLASSES), np.float32)
    before_photos, no_hands = plain.copy(), []
    others = no_hand_images()
    random = torch.Generator().manual_seed(SEEDS[0])
    for hand in sorted(set(photos.hands)):
        read, of_hand = readers_by_hand[hand], photos.hands == hand
        images = to_input(photos.of(of_hand).images)
        behind = others[torch.randint(len(others), (len(images),), generator=random)]
        plain[of_hand] = read(images)
        before_photos[of_hand] = read(before_backgrounds(images, behind))
        no_hands.append(read(others).numpy())
    return HeldOut(plain, before_photos, np.concatenate(no_hands))


def no_hand_images() -> torch.Tensor:
    """[n, 1, PIXELS, PIXELS], none of them of training."""
    random = np.random.default_rng(SEEDS[1])
    patches = [patch(photo, random) for photo in unseen_photos() for _ in range(PATCHES_OF_A_PHOTO)]
    return torch.from_numpy(np.stack(patches + unseen_small_pictures()))[:, None]
