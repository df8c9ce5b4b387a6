"""How often the b-th child of a node is the accepted one: measured on the models at hand."""

from collections.abc import Iterator, Sequence

from torch import Tensor

from workbench.maths.accept import ratio, residual
from workbench.maths.sample import highest
from workbench.maths.trees import falling
from workbench.methods.dice import Dice, SeededDice
from workbench.methods.loops.drafting.siblings import families
from workbench.methods.loops.sampling import Sampling, process
from workbench.methods.run import Run
from workbench.trace import DraftKind

SEED = 0
"""The test draws from dice of its own, so that the tree does not depend on the draws of the run."""


def acceptance_by_rank(
    run: Run,
    sampling: Sampling,
    ranks: int,
    texts: Sequence[Sequence[int]],
    kind: DraftKind = DraftKind.SAMPLED_WITHOUT,
) -> list[float]:
    """The one-level test of Sequoia (Chen et al. 2024): a rate per rank, falling, (ranks,).

    Both models read each text once; behind every token `ranks` children are chosen as `kind` says, and it
    is counted with which probability each is the accepted one. Costs a pass of both per text.
    """
    totals, places, dice = [0.0] * ranks, 0, SeededDice(SEED)
    for text in texts:
        for target, draft in _rows(run, sampling, text):
            if not sampling.temperature:
                shares = _greedy(target, draft, ranks)
            elif kind is DraftKind.POINT:
                shares = [float(target[token]) for token in _likeliest(draft, ranks)]
            else:
                shares = _sampled(dice, target, draft, ranks, kind)
            for rank, share in enumerate(shares):
                totals[rank] += share
            places += 1
    return falling([total / max(places, 1) for total in totals])


def _rows(run: Run, sampling: Sampling, text: Sequence[int]) -> Iterator[tuple[Tensor, Tensor]]:
    """What target and draft model believe behind every token of a text, (V,) each."""
    models = [run.causal(role) for role in ("target", "draft")]
    text = text[: min(model.max_positions for model in models)]
    target, draft = (process(model.read(text).beliefs.logits, sampling) for model in models)
    yield from zip(target, draft, strict=True)


def _sampled(dice: Dice, target: Tensor, draft: Tensor, ranks: int, kind: DraftKind) -> list[float]:
    """The probability that each of the drawn children is accepted by the recursive or multi-round rule."""
    shares: list[float] = []
    open_ = 1.0
    for child in families(dice, draft.unsqueeze(0), [ranks], kind)[0]:
        assert child.drawn_from is not None
        accepted = ratio(float(target[child.token]), child.prob)
        shares.append(open_ * accepted)
        open_ *= 1 - accepted
        target = residual(target, child.drawn_from)
    return shares


def _greedy(target: Tensor, draft: Tensor, ranks: int) -> list[float]:
    """At temperature 0: 1 for the rank at which the target's choice stands among the likeliest."""
    choice = int(target.argmax())
    return [float(token == choice) for token in _likeliest(draft, ranks)]


def _likeliest(draft: Tensor, ranks: int) -> list[int]:
    """The drafter's tokens, likeliest first."""
    return [token for token, _ in highest(draft.unsqueeze(0), ranks)[0]]
