"""Two positions that took the same token in one round: both marginals, and the joint that was assumed.

A parallel round draws every position from its own marginal. Nothing recorded says how likely the two are
together; what the round assumed is the product, and its diagonal is the chance of the same token twice.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from viz import charts
from viz.charts import Spec
from viz.glyphs import plain
from workbench.trace import VOCABULARY, Cell, Proposal, State, Token

if TYPE_CHECKING:
    from viz.reel import ReelBuilder

MOST, SHOWN = 24, 6
_STRIPES = {"shape": "/", "bgcolor": "@remasked", "fgcolor": "@surface"}


@dataclass(frozen=True, slots=True)
class Conflict:
    """One pair: two positions, the token both took (the first of `tokens`), and what each believed.

    None where a position did not record its belief in a token that the other recorded.
    """

    round: int
    beat: int
    token: int
    positions: tuple[int, int]
    tokens: tuple[int, ...]
    left: tuple[float | None, ...]
    right: tuple[float | None, ...]

    @property
    def taken(self) -> float:
        """What the product gives to the token in both places."""
        return (self.left[0] or 0.0) * (self.right[0] or 0.0)


@dataclass(slots=True)
class Conflicts:
    """Feed it the commits of lane 0, before the beliefs of another round come in."""

    state: State
    texts: Any
    ends: frozenset[int]
    found: list[Conflict] = field(default_factory=list[Conflict])
    _round: int = -1
    _taken: dict[int, list[tuple[int, dict[int, float]]]] = field(default_factory=dict[int, Any])

    def commit(self, picked: list[Proposal], round: int, beat: int) -> None:
        if round != self._round:
            self._round, self._taken = round, {}
        for each in picked:
            if not isinstance(each.fill, Token) or each.fill.id in self.ends or not self._item(each.fill.id):
                continue
            belief = self._belief(each)
            if not belief:
                continue
            others = self._taken.setdefault(each.fill.id, [])
            for place, other in others:
                if place != each.position and len(self.found) < MOST:
                    self.found.append(
                        _pair(round, beat, each.fill.id, (place, other), (each.position, belief))
                    )
            others.append((each.position, belief))

    def _item(self, token: int) -> bool:
        """Marks and spaces stand twice by right; words and digits are worth a look."""
        return any(sign.isalnum() for sign in bytes(self.texts.get(token, b"")).decode("utf-8", "ignore"))

    def _belief(self, each: Proposal) -> dict[int, float]:
        belief = self.state.beliefs.get((each.source, VOCABULARY.id, Cell(each.lane, each.position)))
        known = dict(zip(belief.keys, belief.probs, strict=True)) if belief else {}
        return known if isinstance(each.fill, Token) and each.fill.id in known else {}


def _pair(
    round: int, beat: int, token: int, one: tuple[int, dict[int, float]], two: tuple[int, dict[int, float]]
) -> Conflict:
    (place, left), (other, right) = sorted((one, two), key=lambda each: each[0])
    ids = sorted(left | right, key=lambda id: (id != token, -max(left.get(id, 0.0), right.get(id, 0.0)), id))[
        :SHOWN
    ]
    sides = tuple(map(left.get, ids)), tuple(map(right.get, ids))
    return Conflict(round, beat, token, (place, other), tuple(ids), *sides)


def worst(found: list[Conflict]) -> Conflict:
    """The pair that was least sure of itself: where a joint would have said most."""
    return min(found, key=lambda each: (each.taken, each.round, each.positions))


def panel(built: "ReelBuilder") -> Spec:
    """The worst pair: two marginals and their product, its diagonal outlined."""
    found = built.conflicts.found
    each = worst(found)
    names = [plain(Token(id), built.tokens) for id in each.tokens]
    product = [[None if a is None or b is None else round(a * b, 6) for b in each.right] for a in each.left]
    one, two = (f"position {place}" for place in each.positions)
    data: list[Spec] = [
        {"type": "bar", "x": names, "y": list(each.left), "name": one, "marker": {"color": "@confidence"}},
        {
            "type": "bar", "x": names, "y": list(each.right), "name": two,
            "marker": {"color": "@remasked", "pattern": _STRIPES},
        },
        {
            "type": "heatmap", "x": names, "y": names, "z": product, "xaxis": "x2", "yaxis": "y2",
            "colorscale": [[0, "@surface"], [1, "@confidence"]], "zmin": 0, "showscale": False,
            "hovertemplate": f"{one}: %{{y}}<br>{two}: %{{x}}<br>assumed %{{z:.3f}}<extra></extra>",
        },
    ]  # fmt: skip
    lay = charts.layout("", "marginal", barmode="group", hovermode="closest")
    lay["yaxis"]["range"] = [0, 1.02]
    lay["xaxis"] |= {"domain": [0, 0.5], "type": "category"}
    lay["xaxis2"] = lay["xaxis"] | {"domain": [0.64, 1], "title": {"text": two}, "anchor": "y2"}
    lay["yaxis2"] = charts.layout("", one)["yaxis"] | {
        "autorange": "reversed", "anchor": "x2", "type": "category",
    }  # fmt: skip
    lay["shapes"] = [
        {
            "type": "rect", "xref": "x2", "yref": "y2", "x0": at - 0.5, "x1": at + 0.5, "y0": at - 0.5,
            "y1": at + 0.5, "line": {"color": "@rejected", "width": 2},
        }
        for at in range(len(names))
    ]  # fmt: skip
    return charts.panel("Same token twice", _question(built, each, len(found), names[0]), data, lay)


def _question(built: "ReelBuilder", each: Conflict, many: int, name: str) -> str:
    title = built.rounds[each.round].title
    more = f" {many} such pairs in this run; this was the least sure." if many > 1 else ""
    return (
        f"Did two positions know of each other? In {title}, positions {each.positions[0]} and "
        f"{each.positions[1]} both took {name}. The square is the product of their marginals, all that the "
        f"round assumed: {each.taken:.0%} for {name} twice. If they must differ, the true joint is 0 on the "
        f"outlined diagonal. Empty: not recorded.{more}"
    )
