"""A drafter whose static tree is the best one for measured acceptance rates (Sequoia)."""

from collections.abc import Generator

from workbench.maths.trees import best_first
from workbench.methods.loops.drafting.calibration import acceptance_by_rank
from workbench.methods.loops.drafting.static_tree import StaticTree
from workbench.methods.loops.sampling import Sampling
from workbench.methods.loops.verification import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import Candidates, DraftKind, Event, Measure, Phase, Score

RATE = Measure(
    "rank_rate",
    "acceptance rate of its rank",
    "probability",
    "higher",
    "how often the child of this rank was the accepted one in the one-level test",
)
REACH = Measure(
    "reach",
    "expected to be accepted",
    "probability",
    "higher",
    "product of the rates from the root to the node; their sum is the expected number of accepted drafts",
)


class OptimalTree:
    """Calibrates on `texts` texts before its first draft, then drafts the best tree for those rates.

    size: nodes, ranks (children of a node at most) and depth. kind: how siblings are chosen.
    """

    def __init__(
        self, run: Run, sampling: Sampling, size: tuple[int, int, int], texts: int, kind: DraftKind
    ) -> None:
        self.sampling, self.kind = sampling, kind
        self.nodes, self.ranks, self.depth = size
        self.texts = texts
        self.rates: list[float] = []
        self.tree = StaticTree(run, sampling, (), kind)

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """A Score per node says what its rank and its place in the tree are worth."""
        if room < 1:
            return Draft()
        if not self.rates:
            yield Phase(1, "One-level test")
            texts = run.corpus[: self.texts] or (run.prompt,)
            self.rates = acceptance_by_rank(run, self.sampling, self.ranks, texts, self.kind)
            self.tree.plan = best_first(self.rates, self.nodes, self.depth)
            yield Phase(1, "Best tree for these rates")
        draft = yield from self.tree.draft(run, room)
        of = Candidates(draft.ids)
        yield Score(RATE.id, of, tuple(self.rates[rank] for rank in draft.shape.ranks))
        yield Score(REACH.id, of, tuple(draft.shape.reach(self.rates)))
        return draft

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """The rates stay as the one-level test found them."""
