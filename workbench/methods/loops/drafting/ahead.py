"""A chain that the draft model writes token by token: behind the text, or behind drafts that still wait."""

from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from workbench.methods.loops.reader import Reader
from workbench.methods.loops.sampling import Sampling, process, record
from workbench.methods.run import ANSWER, Run
from workbench.trace import ROOT, Candidates, Cells, DraftKind, Event


class Drafted(NamedTuple):
    """A drafted token: its candidate, that candidate's parent, and the distribution (V,) it came from."""

    id: int
    parent: int
    token: int
    drawn_from: Tensor


def write(
    run: Run,
    sampling: Sampling,
    reader: Reader,
    logits: list[Tensor],
    length: int,
    pending: Sequence[Drafted] = (),
    stop_below: float = 0.0,
) -> Generator[Event, None, list[Drafted]]:
    """`length` tokens behind the pending ones; `logits` holds the first belief (1, V) already.

    Stops early after an end-of-text or a token less likely than `stop_below` (the token stays). What the
    drafter believed is recorded at the end, all at once: a quarter of the work, and nothing reads it before.
    """
    start, new, probs = len(run.text) + len(pending), list[Drafted](), list[Tensor]()
    first = pending[-1].id if pending else ROOT
    kind = DraftKind.SAMPLED if sampling.temperature else DraftKind.POINT
    while len(new) < length:
        if new:
            logits.append(reader.extend([new[-1].token]).beliefs.logits)
        row = process(logits[-1], sampling)[0]
        token = run.dice.pick(row).index if sampling.temperature else int(logits[-1].argmax())
        prob, parent = float(row[token]), new[-1].id if new else first
        proposed = run.propose("draft", [start + len(new)], [token], [prob], kind, [parent])
        yield proposed
        probs.append(row)
        new.append(Drafted(proposed.first, parent, token, row))
        if token in run.eos_ids or prob < stop_below:
            break
    if new:
        yield from _observe(run, sampling, "draft", torch.cat(logits), torch.stack(probs), new)
    return new


def judges(
    run: Run, sampling: Sampling, logits: Tensor, tests: Sequence[Drafted]
) -> Generator[Event, None, Tensor]:
    """What the drafts are judged by, (1 + tests, V); the last row follows the last test and judges none."""
    logits = logits[: len(tests)]
    probs = process(logits, sampling)
    yield from _observe(run, sampling, "target", logits, probs, tests)
    rows = probs if sampling.temperature else logits
    return torch.cat([rows, rows[-1:]])


def _observe(
    run: Run, sampling: Sampling, source: str, logits: Tensor, probs: Tensor, of: Sequence[Drafted]
) -> Iterator[Event]:
    """One row per drafted token, recorded where it was decided: at its parent, or after the text."""
    at_root = of[0].parent == ROOT
    parents = [each.parent for each in of if each.parent != ROOT]
    places = [Cells(ANSWER, (len(run.text),))] * at_root + [Candidates(tuple(parents))] * bool(parents)
    yield from record(run, source, places, logits, probs, sampling, [[each.token] for each in of])
