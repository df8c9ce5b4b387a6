"""A chain that is drafted behind drafts which are not verified yet, as overlapped drafting needs it."""

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
    pending: Sequence[Drafted],
) -> Generator[Event, None, list[Drafted]]:
    """`length` tokens behind the pending ones; `logits` holds the first belief (1, V) already."""
    start, new, probs = len(run.text) + len(pending), list[Drafted](), list[Tensor]()
    first = pending[-1].id if pending else ROOT
    kind = DraftKind.SAMPLED if sampling.temperature else DraftKind.POINT
    while len(new) < length and not (new and new[-1].token in run.eos_ids):
        if new:
            logits.append(reader.extend([new[-1].token]).beliefs.logits)
        probs.append(process(logits[-1], sampling))
        token = run.dice.pick(probs[-1][0]).index if sampling.temperature else int(logits[-1].argmax())
        parent = new[-1].id if new else first
        proposed = run.propose(
            "draft", [start + len(new)], [token], [float(probs[-1][0, token])], kind, [parent]
        )
        yield proposed
        new.append(Drafted(proposed.first, parent, token, probs[-1][0]))
    if new:
        yield from _observe(run, sampling, "draft", torch.cat(logits), torch.cat(probs), new)
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
