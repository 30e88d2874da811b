"""`python -m parlance_signs train|figures`."""

import sys
import time

from .backgrounds import unseen_small_pictures
from .card import hand_table, write_card
from .corpus import read_corpus
from .evaluation import hand_figures, letter_figures, no_hands_refused, refusal_limit
from .export import export
from .held_out import hold_out, readers
from .locations import CACHE, CORPUS, MODELS


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def main(command: str) -> None:
    photos = read_corpus(CORPUS)
    say(f"{len(photos.letters)} photographs of {len(set(photos.hands))} hands")
    readers_by_hand = readers(photos, CACHE, say)
    held_out = hold_out(photos, readers_by_hand)
    limit = refusal_limit(held_out)
    hands, letters = hand_figures(photos, held_out, limit), letter_figures(photos, held_out, limit)
    no_hands = no_hands_refused(held_out, len(unseen_small_pictures()), limit)
    print(hand_table(hands))
    print(f"no hand: {no_hands[0]:.1%} of patches and {no_hands[1]:.1%} of small pictures refused, limit {limit:.3f}")
    if command == "train":
        size = export(MODELS / "sign-letters.onnx", readers_by_hand[""], limit)
        write_card(MODELS / "README.md", hands, letters, no_hands, limit, size)
        say(f"written to {MODELS}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    if sys.argv[1:] not in (["train"], ["figures"]):
        sys.exit(__doc__)
    main(sys.argv[1])
