"""In which order the drafts of a round were examined: siblings stand so in the picture of their tree.

A node is taken up when the first test in its subtree is made, its own or that of a node behind it.
Rules that walk from the root test the node itself first; traversal verification tests leaves first,
and the order is then that in which it entered the branches; a rule that ranks siblings at one stroke
(multi-path block verification follows the highest) examines them by rank. What was never taken up
stays behind, in the order in which it was proposed.

While a run is live a tree is drawn before it is examined, in the order of proposal. That is nearly
always the order of examination too, so nothing moves; where it is not, the siblings change places
once, when the verdict falls that ranks them, and a step back does not undo it: an animation in which
nodes wander with the cursor says less than a picture that holds still.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from workbench.trace import Candidates, Glossary, Judge

NEVER = (float("inf"), 0.0)


@dataclass(slots=True)
class Examined:
    """Feed it the verdicts of a verification; `sort` puts nodes in the order in which they were taken up."""

    glossary: Glossary
    _first: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Node -> the first verdict in its subtree, and the place in that."""
    _verdicts: int = 0

    def judged(self, event: Judge, above: Mapping[int, int], inside: Iterable[int]) -> bool:
        """Take a verdict in; does it say something new about nodes of the tree `inside`?"""
        if not isinstance(event.of, Candidates):
            return False
        self._verdicts += 1
        rule, nodes, new = self.glossary.rules.get(event.rule), frozenset(inside), False
        ranked = rule is not None and rule.value_from.startswith("rank(")
        for place, (id, value) in enumerate(zip(event.of.ids, event.values, strict=True)):
            when = (float(self._verdicts), float(value if ranked else place))
            while id in nodes and self._first.get(id, NEVER) > when:
                self._first[id] = when
                new, id = True, above[id]
        return new

    def sort(self, ids: Iterable[int]) -> list[int]:
        """A parent is taken up no later than its child, and where both are at once it was proposed first."""
        return sorted(ids, key=lambda id: self._first.get(id, NEVER))
