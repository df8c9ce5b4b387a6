"""A drafter that writes several independent chains, merged where they agree."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace

from torch import Tensor

from workbench.methods.loops.drafting.growth import Growth
from workbench.methods.loops.drafting.levels import Level, Levels
from workbench.methods.loops.drafting.siblings import Child, Family
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, DraftKind, Event, Measure, Score

CHAIN_ENDS = Measure(
    "chain_ends",
    "numbers of the chains that end here",
    "digits",
    "neither",
    "the drawn chains whose last node this is, by their place in draw order, one digit each: 13 says the "
    "first and the third",
)
"""With the parents of the nodes it says which draw ran through which node; where all chains end in one node
there is nothing to say."""


class IndependentPaths:
    """`chains` draws (nine at most) of up to `length` tokens from the draft model; one draft pass per level.

    Chains that begin alike share their nodes, and `Draft.counts` says how many run through each. A
    chain ends behind an end-of-text. At temperature 0 all are one likeliest chain.
    """

    def __init__(self, run: Run, sampling: Sampling, chains: int, length: int) -> None:
        self.levels = Levels(run, sampling)
        self.chains, self.length = chains, length
        self.kind = DraftKind.POINT if sampling.temperature == 0 else DraftKind.SAMPLED

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        merged = _Merged(self.chains, self.kind)
        tree = yield from self.levels.walk(run, min(self.length, room), merged)
        ends = [node for node in range(len(tree)) if node not in tree.parents]
        if len(ends) > 1:
            numbers = (int("".join(map(str, merged.through[node]))) for node in ends)
            yield Score(CHAIN_ENDS.id, Candidates(tuple(tree.ids[node] for node in ends)), tuple(numbers))
        return replace(tree.draft(), counts=tuple(map(len, merged.through)))

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round reads the accepted tokens again."""


@dataclass
class _Merged:
    """One round: which of the chains, numbered from 1, run through every node."""

    chains: int
    kind: DraftKind
    through: list[list[int]] = field(default_factory=list[list[int]])

    def families(self, run: Run, level: Level) -> list[Family]:
        every = [*range(1, self.chains + 1)]
        through = [every if node == ROOT else self.through[node] for node in level.nodes]
        pairs = zip(level.probs, through, strict=True)
        return [self._draw(run, probs, chains) for probs, chains in pairs]

    def onward(
        self, run: Run, tree: Growth, nodes: list[int], last: bool
    ) -> Generator[Event, None, list[int]]:
        yield from ()
        return nodes

    def _draw(self, run: Run, probs: Tensor, chains: list[int]) -> Family:
        """The next tokens of chains that agree so far, in the order of their first draw."""
        drawn: dict[int, list[int]] = {}
        if self.kind is DraftKind.POINT:
            drawn[int(probs.argmax())] = chains
        else:
            picks = run.dice.picks(probs.expand(len(chains), -1))
            for chain, pick in zip(chains, picks, strict=True):
                drawn.setdefault(pick.index, []).append(chain)
        self.through += drawn.values()
        return [Child(token, float(probs[token]), self._law(probs)) for token in drawn]

    def _law(self, probs: Tensor) -> Tensor | None:
        return None if self.kind is DraftKind.POINT else probs
