"""A drafter that writes several independent chains, merged where they agree."""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field, replace

from torch import Tensor

from workbench.methods.loops.drafting.growth import Growth
from workbench.methods.loops.drafting.levels import Level, Levels
from workbench.methods.loops.drafting.siblings import Child, Family
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import ROOT, DraftKind, Event


class IndependentPaths:
    """`chains` draws of up to `length` tokens from the draft model; one draft pass per level.

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
        return replace(tree.draft(), counts=tuple(merged.counts))

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round reads the accepted tokens again."""


@dataclass
class _Merged:
    """One round: how many of the chains run through every node."""

    chains: int
    kind: DraftKind
    counts: list[int] = field(default_factory=list)

    def families(self, run: Run, level: Level) -> list[Family]:
        through = [self.chains if node == ROOT else self.counts[node] for node in level.nodes]
        pairs = zip(level.probs, through, strict=True)
        return [self._draw(run, probs, count) for probs, count in pairs]

    def onward(
        self, run: Run, tree: Growth, nodes: list[int], last: bool
    ) -> Generator[Event, None, list[int]]:
        yield from ()
        return nodes

    def _draw(self, run: Run, probs: Tensor, chains: int) -> Family:
        """The next tokens of so many chains that agree so far, in the order of their first draw."""
        if self.kind is DraftKind.POINT:
            drawn = Counter({int(probs.argmax()): chains})
        else:
            drawn = Counter(pick.index for pick in run.dice.picks(probs.expand(chains, -1)))
        self.counts += drawn.values()
        return [Child(token, float(probs[token]), self._law(probs)) for token in drawn]

    def _law(self, probs: Tensor) -> Tensor | None:
        return None if self.kind is DraftKind.POINT else probs
