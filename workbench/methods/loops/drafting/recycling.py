"""Drafts from a table of what the target last thought likely after each token (Token Recycling)."""

from collections.abc import Generator

from workbench.maths.sample import highest
from workbench.methods.loops.drafting.growth import Growth, template
from workbench.methods.loops.verification import Draft, Outcome
from workbench.methods.run import ANSWER, Run
from workbench.trace import ROOT, Candidates, Cells, Event, Measure, Score, Source

RECYCLED = Source("recycled", "the table of recycled candidates", "match")
RANK = Measure("row_rank", "rank in its row", "rank", "lower", "0-based place in the row of the token before")
WRITTEN_IN = Measure(
    "written_in", "row written in round", "round", "neither", "round whose pass wrote the row that was read"
)
ROWS_READ = Measure("rows_read", "rows read", "rows", "neither", "rows that were looked up for this draft")
COLD_ROWS = Measure("cold_rows", "cold rows", "rows", "lower", "rows among those that nothing was written to")
ROWS_WRITTEN = Measure(
    "rows_written", "rows written", "rows", "neither", "different rows that the pass before wrote"
)
ROWS_KNOWN = Measure("rows_known", "rows known", "rows", "higher", "rows of the table that are not cold")
RECYCLING_MEASURES = (ROWS_WRITTEN, ROWS_KNOWN, ROWS_READ, COLD_ROWS, RANK, WRITTEN_IN)


class Recycling:
    """A table token -> the `ranks` likeliest next tokens; `greedy` says that passes give logits."""

    def __init__(self, ranks: int, nodes: int, depth: int, greedy: bool) -> None:
        self.ranks, self.nodes, self.depth = ranks, nodes, depth
        self.floor = float("-inf") if greedy else 0.0
        self.table: dict[int, tuple[int, ...]] = {}
        self.written: dict[int, int] = {}
        self.round = 0
        self._root = 0
        self._wrote = 0

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """The template, filled level by level from the row of each node's parent; cold rows stay empty."""
        self.round += 1
        self._root = run.text[-1]
        here = Cells(ANSWER, (len(run.text),))
        yield Score(ROWS_WRITTEN.id, here, (self._wrote,))
        yield Score(ROWS_KNOWN.id, here, (len(self.table),))
        if room < 1:
            return Draft()
        tree, ranks, rounds, read, cold = self._fill(min(room, self.depth), run.eos_ids)
        yield Score(ROWS_READ.id, here, (read,))
        yield Score(COLD_ROWS.id, here, (cold,))
        if not tree:
            return Draft()
        draft = yield from tree.offer(run, RECYCLED.id)
        yield Score(RANK.id, Candidates(draft.ids), tuple(ranks))
        yield Score(WRITTEN_IN.id, Candidates(draft.ids), tuple(rounds))
        return draft

    def _fill(self, depth: int, ends: frozenset[int]) -> tuple[Growth, list[int], list[int], int, int]:
        """The nodes with their ranks and the rounds of their rows; rows looked up; cold ones among them."""
        tree, ranks, rounds = Growth(), list[int](), list[int]()
        place, looked = {ROOT: ROOT}, dict[int, tuple[int, ...]]()
        plan = template(self.nodes, self.ranks, depth)
        for slot, (parent, rank) in enumerate(zip(plan.parents, plan.ranks, strict=True)):
            if parent not in place:
                continue
            above = self._root if parent == ROOT else tree.tokens[place[parent]]
            if parent != ROOT and above in ends:
                continue
            row = looked.setdefault(above, self.table.get(above, ()))
            if rank < len(row):
                place[slot] = tree.add(row[rank], place[parent])
                ranks.append(rank)
                rounds.append(self.written[above])
        return tree, ranks, rounds, len(looked), sum(not row for row in looked.values())

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Write the row of every token that was read; where one was read twice, the later node stays."""
        tokens = (self._root, *draft.tokens)
        for token, row in zip(tokens, highest(outcome.rows, self.ranks), strict=True):
            self.table[token] = tuple(id for id, value in row if value > self.floor)
            self.written[token] = self.round
        self._wrote = len(set(tokens))
