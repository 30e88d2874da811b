"""The network, its ONNX file, and what the card says of it."""

import re

import numpy as np
import onnxruntime
import pytest
import torch

from parlance_signs.corpus import CLASSES, NO_HAND, PIXELS, Photos
from parlance_signs.evaluation import hand_figures, letter_figures, refusal_limit
from parlance_signs.export import export
from parlance_signs.fitting import fit
from parlance_signs.held_out import HeldOut
from parlance_signs.locations import MODELS
from parlance_signs.network import SignNetwork, SignReader

CARD = MODELS / "README.md"


def bars(count: int) -> Photos:
    """Letter A: a bar that stands; letter B: one that lies."""
    random = np.random.default_rng(1)
    images = np.zeros((count, 1, 96, 96), np.float32)
    for index, image in enumerate(images):
        start = int(random.integers(30, 60))
        rows = (slice(8, 88), slice(start, start + 14))
        image[0][rows if index % 2 == 0 else rows[::-1]] = 0.8
    return Photos(torch.from_numpy(images), torch.arange(count) % 2, np.array(["hand1"] * count))


def test_a_network_learns_shapes_and_tells_them_from_no_hand():
    backgrounds = torch.rand(40, 1, 8, 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
    reader = SignReader([fit(bars(64), backgrounds, seed=1, steps=300)]).eval()
    with torch.no_grad():
        probabilities = reader(torch.nn.functional.interpolate(bars(20).images, size=PIXELS))
        none = reader(backgrounds)
    assert (probabilities[:, :NO_HAND].argmax(1) == bars(20).letters).float().mean() > 0.9
    assert none[:, NO_HAND].mean() > probabilities[:, NO_HAND].mean() + 0.3


def test_the_onnx_file_says_what_the_networks_say(tmp_path):
    torch.manual_seed(2)
    reader = SignReader([SignNetwork(), SignNetwork()]).eval()
    images = torch.rand(3, 1, PIXELS, PIXELS)
    export(tmp_path / "model.onnx", reader, refusal_limit=0.1)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    letters, hand = session.run(["letters", "hand"], {"image": images.numpy()})
    with torch.no_grad():
        expected = reader(images).numpy()
    none = expected[:, NO_HAND:]
    assert letters == pytest.approx(expected[:, :NO_HAND] / (1 - none), abs=2e-3)
    assert hand == pytest.approx(0.1 * (1 - none) / (0.1 * (1 - none) + 0.9 * none), abs=5e-3)


def test_a_mirrored_image_is_read_as_the_image_itself():
    reader = SignReader([SignNetwork()]).eval()
    images = torch.rand(2, 1, PIXELS, PIXELS)
    with torch.no_grad():
        assert torch.allclose(reader(images), reader(images.flip(3)), atol=1e-6)


def test_figures_count_a_refused_photograph_as_not_right():
    photos = Photos(torch.zeros(26, 1, 96, 96), torch.arange(26), np.array(["hand1"] * 26))
    plain = np.eye(CLASSES, dtype=np.float32)[:26]
    # B is read as C; D is refused.
    plain[1], plain[3] = np.eye(CLASSES)[2], np.eye(CLASSES)[NO_HAND]
    held_out = HeldOut(plain, plain, plain)
    (hand,) = hand_figures(photos, held_out, limit=0.5)
    assert (hand.right, hand.refused) == (pytest.approx(24 / 26), (pytest.approx(1 / 26),) * 2)
    by_letter = {each.letter: each for each in letter_figures(photos, held_out, limit=0.5)}
    assert by_letter["B"].mistaken_for == [("C", 1.0)]
    assert (by_letter["D"].right, by_letter["D"].mistaken_for) == (0, [])
    assert 0.02 <= refusal_limit(held_out) <= 0.5


@pytest.mark.skipif(not CARD.exists(), reason="no model has been trained")
def test_the_card_states_how_many_letters_of_unseen_hands_are_right():
    rows = dict(re.findall(r"^\| (\S+) +\| \d+ +\| ([\d.]+)% ", CARD.read_text(encoding="utf8"), re.M))
    mean = float(rows.pop("**mean**"))
    hands = [float(rows[name]) for name in rows if name.startswith("hand")]
    assert len(hands) == 5
    assert mean == pytest.approx(np.mean(hands), abs=0.1)
    assert mean >= 92
    assert (MODELS / "sign-letters.onnx").stat().st_size < 3e6
