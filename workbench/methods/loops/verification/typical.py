"""Typical acceptance: keep what is likely enough for how sure the target is. Lossy by design."""

import math
from collections.abc import Generator

from torch import Tensor

from workbench.maths.confidence import entropy
from workbench.methods.loops.verification.base import CHAIN, PATHS, TREE, Draft, Outcome, Verification, Verify
from workbench.methods.run import Run
from workbench.trace import ROOT, Candidates, DraftKind, Event, Measure, Rule, Score

EPSILON, ALPHA = 0.09, 0.3

CONTEXT_ENTROPY = Measure(
    "context_entropy",
    "entropy of the context",
    "nats",
    "neither",
    "entropy of what the target believes before this token",
    value_from="entropy(target@processed)",
)
TYPICAL_TEST = Rule(
    "typical_test",
    "typical acceptance",
    ">",
    "target probability",
    "min(epsilon, alpha exp(-entropy))",
    "{what} is typical: its target probability {left} is above {right}.",
    "Rejected {what}: its target probability {left} is not above {right}.",
    value_from="observed(target)",
    space="processed",
)
BEST_PATH = Rule(
    "best_path",
    "on the best typical path",
    "<",
    "rank of the best path through it",
    "paths kept",
    "Accepted {what}: it is on the longest typical path.",
    "Rejected {what}: the best typical path through it has rank {left}.",
)


def typical(epsilon: float = EPSILON, alpha: float = ALPHA) -> Verify:
    """The rule with these thresholds: above min(epsilon, alpha * exp(-entropy)) (Medusa, Cai et al. 2024)."""

    def verify(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
        """Of all paths whose tokens are all typical keep the longest, the likelier one on a tie."""
        judged = len(draft.ids) - draft.looked
        if not judged:
            return Outcome([], target[0], False, target)
        contexts = [parent + 1 for parent in draft.parents[:judged]]
        probs = [float(target[row, token]) for row, token in zip(contexts, draft.tokens, strict=False)]
        entropies = entropy(target).tolist()
        of = Candidates(draft.ids[:judged])
        yield Score(CONTEXT_ENTROPY.id, of, tuple(entropies[row] for row in contexts))
        bounds = [min(epsilon, alpha * math.exp(-entropies[row])) for row in contexts]
        verdict = TYPICAL_TEST.judge(of, probs, bounds)
        yield verdict
        path = yield from _best(draft, probs, verdict.passed)
        end = path[-1] if path else ROOT
        return Outcome(path, target[end + 1], False, target)

    return verify


def _best(draft: Draft, probs: list[float], typical: tuple[bool, ...]) -> Generator[Event, None, list[int]]:
    """The longest path of typical tokens, by total log-likelihood on a tie; its rivals are judged away."""
    paths: dict[int, list[int]] = {ROOT: []}
    merit: dict[int, tuple[int, float]] = {ROOT: (0, 0.0)}
    for node, parent in enumerate(draft.parents[: len(typical)]):
        if typical[node] and parent in paths:
            paths[node] = [*paths[parent], node]
            merit[node] = (len(paths[node]), merit[parent][1] + math.log(probs[node]))
    ends = sorted(paths, key=lambda node: (-merit[node][0], -merit[node][1], node))
    rank = {node: place for place, end in reversed(list(enumerate(ends))) for node in paths[end]}
    if rank:
        of = Candidates(tuple(draft.ids[node] for node in sorted(rank)))
        yield BEST_PATH.judge(of, [rank[node] for node in sorted(rank)], [1] * len(rank))
    return paths[ends[0]]


TYPICAL = Verification(
    "typical",
    "typical acceptance",
    "Keeps every draft that is likely enough for how sure the target is; the output law is not the target's.",
    typical(),
    tuple(DraftKind),
    (CHAIN, TREE, PATHS),
    False,
    (TYPICAL_TEST, BEST_PATH),
    (CONTEXT_ENTROPY,),
)
