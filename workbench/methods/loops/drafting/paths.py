"""A drafter that writes several independent chains, merged where they agree."""

from collections import Counter
from collections.abc import Generator

from torch import Tensor

from workbench.methods.loops.drafting.levels import Child, Growth, Levels
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification.base import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import DraftKind, Event


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
        tree, length = Growth(), min(self.length, room)
        if length < 1:
            return Draft()
        level, counts = self.levels.root(run), [self.chains]
        for depth in range(length):
            pairs = zip(level.probs, counts, strict=True)
            families = [self._draw(run, probs, count) for probs, count in pairs]
            nodes = yield from self.levels.grow(run, tree, level, families, self.kind)
            going = [node for node in nodes if tree.tokens[node] not in run.eos_ids]
            if not going or depth + 1 == length:
                break
            level = self.levels.read(tree, level, going)
            counts = [tree.counts[node] for node in going]
        return tree.draft(self.kind, merged=True)

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Nothing to learn: the next round reads the accepted tokens again."""

    def _draw(self, run: Run, probs: Tensor, chains: int) -> list[Child]:
        """The next tokens of so many chains that agree so far, in the order of their first draw."""
        if self.kind is DraftKind.POINT:
            drawn = Counter({int(probs.argmax()): chains})
        else:
            drawn = Counter(run.dice.pick(probs).index for _ in range(chains))
        return [Child(token, float(probs[token]), probs, count) for token, count in drawn.items()]
