"""The model card, after Mitchell et al., "Model Cards for Model Reporting" (2019)."""

from pathlib import Path

import numpy as np

from .evaluation import FALSE_REFUSALS, HandFigures, LetterFigures
from .held_out import SEEDS, STEPS

_TEXT = """# Letters signed with one hand: model card

Made by `npm run train:signs` ([how](../README.md)).

- **What it is**: `sign-letters.onnx` ({size:,.0f} kB), the mean of {networks} residual networks ({steps:,} steps each), each of the image and of its mirror
  image. A grey picture of 64 × 64 comes in (`image`, 0 to 1); out come the probabilities of the letters A to Z (`letters`) and that the picture shows
  a hand (`hand`, 0.5 where refusal begins).
- **Data**: {count:,} photographs of the letters of the American manual alphabet by {hands} hands, cut out before black (A. L. C. Barczak, N. H. Reyes,
  M. Abastillas, A. Piccio, T. Susnjak: *A New 2D Static Hand Gesture Colour Image Dataset for ASL Gestures*, 2011, Massey University; offered
  for research; the photographs are not in this repository). No hand: drawn pictures, and patches of photographs that scikit-learn (china,
  flower; CC BY 2.0) and scikit-image ship. No weights of others.
- **Licence**: Apache-2.0, as the repository; mind the terms of the photographs where you sell what is trained on them.
- **Intended for**: showing that the platform serves any ONNX model; practising the manual alphabet. **Not for**: sign language, which is
  more than letters; identifying people; decisions about them.

## Figures

Leave one hand out: each hand is read by networks that were trained on the four others, and never on a photograph of it. "Right": the first letter is right
and the image is not refused. "Before photographs": the hand is pasted before patches of photographs that took no part in training.

| hand | photographs | right | right before photographs | refused | refused before photographs |
| --- | --- | --- | --- | --- | --- |
{hand_rows}

The first look, one network of four convolutions on 48 × 48 pixels, came to 88.3 %.

### No hand

Refused are images whose probability of "no hand" exceeds {limit:.3f}: chosen so that {false_refusals:.1%} of the hands above are refused. Of images that
show no hand, by networks that have seen none of them, **{patches:.1%}** of patches of photographs and **{small:.1%}** of small pictures, half of
them faces, are refused; the others get a letter.

### By letter

Means over the hands, each counting alike.

| letter | photographs | right | read instead |
| --- | --- | --- | --- |
{letter_rows}

## Limits

- Five hands, photographed in one way; the source does not say whose they are. Left hands are known by mirrored pictures only, and other
  skins, ages, sleeves and lights by variation of brightness and contrast only. The best and the worst hand lie {spread:.1f} points apart, and
  an interval of five hands would be wide.
- The data has hands cut out and filling the picture. In a photograph with a background, crop to the hand; a hand that is small in the picture is
  not found first.
- J and Z are signed by a movement; the pictures show one moment of it, and so J is near I, and Z near D and X.
- M, N, S, T, A and E are fists that differ by where the thumb lies.
- What is neither a hand nor like what training had as "no hand" may get a letter: see the figures above.
"""


def write_card(
    path: Path,
    hands: list[HandFigures],
    letters: list[LetterFigures],
    no_hands: tuple[float, float],
    refusal_limit: float,
    size: int,
) -> None:
    patches, small = no_hands
    right = [each.right for each in hands]
    path.write_text(
        _TEXT.format(
            size=size / 1e3,
            networks=len(SEEDS),
            steps=STEPS,
            count=sum(each.photos for each in hands),
            hands=len(hands),
            hand_rows=hand_table(hands),
            limit=refusal_limit,
            false_refusals=FALSE_REFUSALS,
            patches=patches,
            small=small,
            letter_rows="\n".join(_letter_row(each) for each in letters),
            spread=100 * (max(right) - min(right)),
        ),
        encoding="utf8",
    )


def hand_table(hands: list[HandFigures]) -> str:
    """A row for each hand, and one of their means."""
    mean = HandFigures(
        "**mean**",
        sum(each.photos for each in hands),
        float(np.mean([each.right for each in hands])),
        float(np.mean([each.right_before_photos for each in hands])),
        tuple(float(np.mean([each.refused[i] for each in hands])) for i in range(2)),
    )
    return "\n".join(_hand_row(each) for each in (*hands, mean))


def _hand_row(each: HandFigures) -> str:
    shares = (each.right, each.right_before_photos, *each.refused)
    return f"| {each.hand} | {each.photos} | {' | '.join(f'{share:.1%}' for share in shares)} |"


def _letter_row(each: LetterFigures) -> str:
    others = ", ".join(f"{letter} {share:.1%}" for letter, share in each.mistaken_for[:3])
    return f"| {each.letter} | {each.photos} | {each.right:.1%} | {others or '–'} |"
