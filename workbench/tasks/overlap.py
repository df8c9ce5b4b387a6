"""How much of one text stands in another: BLEU and ROUGE-L of single sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

LONGEST = 4


def bleu(found: Sequence[str], source: Sequence[str]) -> float:
    """Sentence BLEU with 1- to 4-grams; counts beyond 1-grams are smoothed by one.

    Source: Papineni et al. 2002, section 2; the smoothing is that of Lin and Och 2004, section 4.
    """
    if not found:
        return 0.0
    logs = 0.0
    for size in range(1, LONGEST + 1):
        mine, theirs = _grams(found, size), _grams(source, size)
        extra = int(size > 1)
        matched, all = (mine & theirs).total() + extra, mine.total() + extra
        if not matched:
            return 0.0
        logs += math.log(matched / all) / LONGEST
    return math.exp(logs + min(0.0, 1 - len(source) / len(found)))


def rouge_l(found: Sequence[str], reference: Sequence[str]) -> float:
    """Harmonic mean of the longest common subsequence's share of either text. Source: Lin 2004, section 3."""
    row = [0] * (len(reference) + 1)
    for word in found:
        left = [0]
        for at, other in enumerate(reference, 1):
            left.append(row[at - 1] + 1 if word == other else max(row[at], left[-1]))
        row = left
    return 2 * row[-1] / (len(found) + len(reference)) if row[-1] else 0.0


def _grams(words: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1))
