"""Statistics of rows that belong together: phones of a word, words of an utterance."""

import numpy as np


def group_mean(values: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """[count, …]: mean of the rows of each owner; every owner has a row."""
    flat = values.reshape(len(values), -1)
    sums = np.stack([np.bincount(owner, column, count) for column in flat.T], axis=1)
    return (sums / np.bincount(owner, minlength=count)[:, None]).astype(np.float32)


def group_least(values: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """[count]: least value of each owner."""
    least = np.full(count, np.inf, np.float32)
    np.minimum.at(least, owner, values.astype(np.float32))
    return least


def group_quantile(values: np.ndarray, owner: np.ndarray, count: int, share: float) -> np.ndarray:
    """[count]: the value below which this share of each owner's rows lies (nearest rank)."""
    order = np.lexsort((values, owner))
    sizes = np.bincount(owner, minlength=count)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rank = np.floor(share * (sizes - 1) + 0.5).astype(int)
    return values[order][starts + rank].astype(np.float32)
