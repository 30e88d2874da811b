"""The model card, after Mitchell et al., "Model Cards for Model Reporting" (2019)."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .corpus import Utterance
from .evaluation import agreement
from .report import Level

_GROUPS: dict[str, Callable[[Utterance], bool]] = {
    "children (6–12)": lambda each: each.age <= 12,
    "aged 13–19": lambda each: 13 <= each.age <= 19,
    "adults (20–37)": lambda each: each.age >= 20,
    "female": lambda each: each.gender == "f",
    "male": lambda each: each.gender == "m",
}

_TEXT = """# Scores of a learner's speech: model card

Made by `make train` ([how](../README.md)); what goes in and out stands in `scores.json` and in the package `parlance_scores`.

- **What it is**: {sizes}, on the frozen encoder of the published whisper-base (MIT). One recording and its text in; out come scores
  of phones (0–2), words (accuracy, 0–10) and the whole utterance (accuracy, fluency, prosody, completeness, total, 0–10), each with
  a 95 % interval.
- **Data**: speechocean762, train split: {count} read sentences of {speakers} speakers whose first language is Mandarin, {seconds}; five
  raters each (Zhang et al., Interspeech 2021; free for commercial and non-commercial use). The test split took no part.
- **Licence**: Apache-2.0, as the repository.
- **Intended for**: feedback to learners who read or repeat a known English sentence. **Not for**: exams or decisions about people,
  other languages than English, languages of origin whose accents are not in the data, songs, several voices at once.

## Figures

Pearson correlation with the mean of raters, five folds by speaker, no speaker in training and test; intervals are a bootstrap's over
speakers. Published figures are of the test split, whose labels are medians. "One rater" is one human rater against the mean of the
other four.

{agreement}

### By age and gender

Pearson correlation with its interval, and how much the score lies above the raters' mean on average (points of the scale).

{groups}

### When only the recording changes

Mean absolute change in points of 100 over every tenth recording: 12 dB louder or softer; white noise 20 dB below the voice; telephone
(300–3,400 Hz, 8 kHz, mu-law).

{robustness}

## Limits

- Raters differ: a score near the middle of the scale is known to about two points of ten, as the widths of the intervals say.
- Completeness hardly varies in the data (most sentences were read whole), so it is known least.
- A word that was not spoken is scored low, but which words were left out is for the recogniser to say.
- A text that is not what was spoken gets low phone and word scores; the utterance's fluency and prosody do not notice.
- Age and gender are those of the corpus; few speakers are over 35, none over 37.
"""


def write_card(
    path: Path,
    utterances: Sequence[Utterance],
    rows: Sequence[Level],
    seconds: float,
    agreement_table: str,
    robustness_table: str,
    sizes: dict[str, int],
) -> None:
    path.write_text(
        _TEXT.format(
            sizes=", ".join(f"`{name}` ({size / 1e3:,.0f} kB)" for name, size in sizes.items()),
            count=f"{len(utterances):,}",
            speakers=len({each.speaker for each in utterances}),
            seconds=f"{seconds / 3600:.1f} hours",
            agreement=agreement_table,
            groups=_group_table(utterances, rows),
            robustness=robustness_table,
        ),
        encoding="utf8",
    )


def _group_table(utterances: Sequence[Utterance], rows: Sequence[Level]) -> str:
    lines = [
        f"| group | recordings | {' | '.join(row.name for row in rows)} |",
        f"| --- | --- |{' --- |' * len(rows)}",
    ]
    for name, belongs in _GROUPS.items():
        members = np.array([belongs(each) for each in utterances])
        lines.append(f"| {name} | {members.sum()} | {' | '.join(_cell(row, members, utterances) for row in rows)} |")
    return "\n".join(lines)


def _cell(row: Level, members: np.ndarray, utterances: Sequence[Utterance]) -> str:
    kept = members[row.owner]
    if not kept.any():
        return "–"
    predicted, truth = np.clip(row.predicted[kept], *row.scale), row.truth[kept]
    found = agreement(predicted, truth, [utterances[i].speaker for i in row.owner[kept]])
    return f"{found}, {float(np.mean(predicted - truth)):+.2f}"
