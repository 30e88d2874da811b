"""The 39 phones of the CMU dictionary, and how other notations map to them."""

PHONES = tuple(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
)
INDEX = {phone: i for i, phone in enumerate(PHONES)}
# The class of frames without speech, after the phones.
SILENCE = len(PHONES)
CLASSES = len(PHONES) + 1

VOWELS = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())

# The pre-release of speechocean762 writes British pronunciations with symbols of its own. Consonant clusters and vowels that
# glide into R become two phones, which share the rating of the one.
_EXPANSIONS = {
    "AX": ("AH",),
    "AXR": ("ER",),
    "EE": ("ER",),
    "OO": ("AO",),
    "AR": ("EH", "R"),
    "IR": ("IH", "R"),
    "UR": ("UH", "R"),
    "TR": ("T", "R"),
    "DR": ("D", "R"),
    "TS": ("T", "S"),
    "DZ": ("D", "Z"),
}


def to_cmu(symbol: str) -> tuple[str, ...]:
    """`AXR0` → `("ER",)`: one symbol of the corpus or the CMU dictionary, without its stress digit.

    Raises KeyError for what is no phone.
    """
    bare = symbol.rstrip("012")
    if bare in _EXPANSIONS:
        return _EXPANSIONS[bare]
    if bare not in INDEX:
        raise KeyError(symbol)
    return (bare,)


def is_near(a: str, b: str) -> bool:
    """Whether two phones may stand for the same sound in two dictionaries: the same phone, or both vowels."""
    return a == b or (a in VOWELS and b in VOWELS)
