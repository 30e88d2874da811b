"""What the network is shown: photographs, their variants, and images without a hand."""

import numpy as np
import pytest
import torch

from parlance_signs.augmentation import Augmentation, augment, before_backgrounds
from parlance_signs.backgrounds import background_pool, training_photos, unseen_photos
from parlance_signs.corpus import LETTERS, PIXELS, read_corpus, to_input
from parlance_signs.fitting import hand_weights
from parlance_signs.locations import CORPUS


def disc() -> torch.Tensor:
    """A bright disc before black, 96 x 96."""
    across, down = np.meshgrid(np.arange(96), np.arange(96))
    inside = (across - 48) ** 2 + (down - 48) ** 2 < 30**2
    return torch.from_numpy(inside.astype(np.float32) * 0.8)[None, None]


def test_variants_have_the_networks_size_and_are_the_same_for_the_same_seed():
    images, backgrounds = disc().repeat(8, 1, 1, 1), torch.rand(4, 1, PIXELS, PIXELS)
    made = [augment(images, backgrounds, torch.Generator().manual_seed(5), Augmentation()) for _ in range(2)]
    assert made[0].shape == (8, 1, PIXELS, PIXELS)
    assert torch.equal(made[0], made[1])
    assert made[0].min() >= 0 and made[0].max() <= 1
    assert not torch.equal(made[0][0], made[0][1])


def test_a_background_lies_behind_the_hand_and_not_before_it():
    image = to_input(disc())
    placed = before_backgrounds(image, torch.full_like(image, 0.3))
    assert placed[0, 0, 32, 32] == pytest.approx(0.8, abs=0.01)
    assert placed[0, 0, 2, 2] == pytest.approx(0.3, abs=0.01)


def test_photographs_without_a_hand_are_in_training_or_in_the_test():
    training = {photo.tobytes() for photo in training_photos()}
    assert training.isdisjoint(photo.tobytes() for photo in unseen_photos())


def test_backgrounds_are_the_same_for_the_same_seed_and_differ_among_each_other():
    pools = [background_pool(12, training_photos(), np.random.default_rng(3)) for _ in range(2)]
    assert torch.equal(pools[0], pools[1])
    assert len({image.numpy().tobytes() for image in pools[0]}) == 12


def test_photographs_of_a_hand_with_few_of_them_are_drawn_more_often():
    hands = np.array(["many"] * 90 + ["few"] * 10)
    weights = hand_weights(hands)
    assert weights[-1] > 4 * weights[0]
    assert 1 < weights[:90].sum() / weights[90:].sum() < 9


@pytest.mark.skipif(not CORPUS.exists(), reason=f"needs {CORPUS}")
def test_the_corpus_has_every_letter_of_every_hand():
    photos = read_corpus(CORPUS)
    seen = {(hand, int(letter)) for hand, letter in zip(photos.hands, photos.letters)}
    assert len(seen) == 5 * len(LETTERS)
    assert photos.images.shape[1:] == (1, 96, 96)
