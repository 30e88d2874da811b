"""Learns the weights of the end-of-turn classifier: two logistic regressions, one of sound, one of sound and text.

    python train.py observations.jsonl ../../libs/vad/src/turn/turn-classifier.data.ts

Reads the observations of `part` "train" alone and prints how well both do on those of "test".
"""

import json
import sys

import numpy as np

ACOUSTIC = ["smartTurn"]
TEXT = ["endsSentence", "isOpen", "isHanging"]
RIDGE = 1.0


def matrix(rows, names):
    """One row of terms for each observation, and a column of ones for the bias."""
    return np.array([[row["terms"][name] for name in names] + [1.0] for row in rows])


def fit(x, y, weight):
    """Ridge-penalised maximum likelihood by Newton's method; the bias is not penalised."""
    penalty = np.diag([RIDGE] * (x.shape[1] - 1) + [1e-6])
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (weight * (p - y)) + penalty @ w
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + penalty
        step = np.linalg.solve(hessian, gradient)
        w -= step
        if np.abs(step).max() < 1e-8:
            break
    return w


def area(score, y):
    """Area under the receiver's curve: how often an end scores above a pause."""
    ends, pauses = score[y == 1], score[y == 0]
    return float((ends[:, None] > pauses).mean() + 0.5 * (ends[:, None] == pauses).mean())


def terms_of(names, w):
    lines = "".join(f"    {name}: {value:.4f},\n" for name, value in zip(names, w))
    return f"{{\n  bias: {w[-1]:.4f},\n  terms: {{\n{lines}  }},\n}}"


def main(observations, target):
    rows = [json.loads(line) for line in open(observations, encoding="utf8")]
    train = [row for row in rows if row["part"] == "train"]
    test = [row for row in rows if row["part"] == "test"]
    learned = {}
    for title, names in (("sound", ACOUSTIC), ("sound and text", ACOUSTIC + TEXT)):
        y = np.array([float(row["isEnd"]) for row in train])
        # Ends and pauses count alike, however many of each there are.
        weight = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
        w = learned[title] = fit(matrix(train, names), y, weight)
        for part, some in (("train", train), ("test", test)):
            for corpus in ("native", "learners"):
                few = [row for row in some if row["corpus"] == corpus]
                if not few:
                    continue
                labels = np.array([float(row["isEnd"]) for row in few])
                alone = np.array([row["terms"]["smartTurn"] for row in few])
                print(
                    f"{title:15s} {part:5s} {corpus:8s} {len(few):5d} "
                    f"area {area(matrix(few, names) @ w, labels):.3f}, Smart Turn alone {area(alone, labels):.3f}"
                )
    with open(target, encoding="utf8") as file:
        head = file.read().split("/** Without text. */")[0]
    with open(target, "w", encoding="utf8") as file:
        file.write(head)
        file.write(f"/** Without text. */\nexport const ACOUSTIC_TERMS: Terms = {terms_of(ACOUSTIC, learned['sound'])};\n\n")
        file.write(
            "/** With the text up to the pause. */\n"
            f"export const TEXT_TERMS: Terms = {terms_of(ACOUSTIC + TEXT, learned['sound and text'])};\n"
        )


if __name__ == "__main__":
    main(*sys.argv[1:3])
