"""Two positions that took the same token in one round: both marginals, what the round assumed, and the joint.

A parallel round draws every position from its own marginal, so it assumes the product; its diagonal is the
chance of the same token twice. The joint stands beside it where it was told: a law was looked up, or a
network was asked once more with one of the two in place. Elsewhere nothing recorded says what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log2
from typing import TYPE_CHECKING, Any

from viz import charts
from viz.cells import CHECKS
from viz.charts import Spec
from viz.glyphs import plain, quoted
from workbench.trace import ROOT, VOCABULARY, Cell, Proposal, Propose, State, Token

if TYPE_CHECKING:
    from viz.reel import ReelBuilder

MOST, SHOWN = 24, 6
TOLD = frozenset({"joint_law", "joint_asked"})
"""Sources of pairs: a token with its marginal, and behind it one at another place, given that it stands."""
Joint = dict[tuple[int, int], float]
"""(Token at the first place, token at the second) -> probability of both."""
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
    source: str = ""
    """Who told the joint; empty where nobody did."""
    joint: Joint = field(default_factory=Joint)

    @property
    def both(self) -> list[list[float | None]]:
        """The joint over the tokens that are shown, a row for each at the first place."""
        return [[self.joint.get((a, b)) for b in self.tokens] for a in self.tokens]

    @property
    def whole(self) -> bool:
        """Is the joint told to its end, for every pair of tokens that may be?"""
        return abs(sum(self.joint.values()) - 1) < 1e-3

    @property
    def margins(self) -> tuple[dict[int, float], dict[int, float]]:
        """The two marginals of the joint."""
        one, two = dict[int, float](), dict[int, float]()
        for (a, b), prob in self.joint.items():
            one[a], two[b] = one.get(a, 0.0) + prob, two.get(b, 0.0) + prob
        return one, two

    @property
    def shared(self) -> float | None:
        """Bits that the two positions know of each other; None where the joint is not told to its end."""
        if not self.whole:
            return None
        one, two = self.margins
        bits = (prob * log2(prob / (one[a] * two[b])) for (a, b), prob in self.joint.items() if prob > 0)
        return max(0.0, sum(bits))

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
    """The first MOST pairs; of the others only what may be the one to show."""
    many: int = 0
    """All pairs."""
    _least: float = 1.0
    _round: int = -1
    _taken: dict[int, list[tuple[int, dict[int, float]]]] = field(default_factory=dict[int, Any])
    _joints: dict[tuple[int, int], tuple[str, Joint]] = field(default_factory=dict[Any, Any])

    def told(self, event: Propose) -> None:
        """Take in what was told about a pair: tokens of one place, each behind one of the other."""
        if event.source not in TOLD or ROOT in event.parents:
            return
        for position, content, parent, prob in zip(
            event.positions, event.fills, event.parents, event.probs, strict=True
        ):
            above = self.state.proposals[parent]
            if isinstance(content, Token) and isinstance(above.fill, Token):
                _, joint = self._joints.setdefault((above.position, position), (event.source, {}))
                joint[above.fill.id, content.id] = above.prob * prob

    def commit(self, picked: list[Proposal], round: int, beat: int) -> None:
        if round != self._round:
            self._round, self._taken = round, {}
        told, self._joints = self._joints, {}
        for each in picked:
            if not isinstance(each.fill, Token) or each.fill.id in self.ends or not self._item(each.fill.id):
                continue
            if any(rule in CHECKS and passed for rule, _, _, passed in each.verdicts):
                continue  # looked at again behind what stands before it: it was not taken for independent
            belief = self._belief(each)
            if not belief:
                continue
            others = self._taken.setdefault(each.fill.id, [])
            for place, other in others:
                if place == each.position:
                    continue
                self.many += 1
                taken, places = other[each.fill.id] * belief[each.fill.id], sorted((place, each.position))
                if len(self.found) < MOST or taken < self._least or tuple(places) in told:
                    self._least = min(self._least, taken)
                    pair = _pair(round, beat, each.fill.id, (place, other), (each.position, belief))
                    self.found.append(_with_joint(pair, *told.get(pair.positions, ("", {}))))
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


def _with_joint(pair: Conflict, source: str, joint: Joint) -> Conflict:
    """A whole joint also gives the marginals of tokens that the beliefs were thinned of."""
    pair = replace(pair, source=source, joint=joint)
    if not pair.whole:
        return pair
    one, two = pair.margins
    left, right = zip(pair.tokens, pair.left, strict=True), zip(pair.tokens, pair.right, strict=True)
    return replace(
        pair,
        left=tuple(one.get(id, 0.0) if prob is None else prob for id, prob in left),
        right=tuple(two.get(id, 0.0) if prob is None else prob for id, prob in right),
    )


def worst(found: list[Conflict]) -> Conflict:
    """The pair that was least sure of itself, of those whose joint is told if there are such."""
    return min(found, key=lambda each: (not each.source, each.taken, each.round, each.positions))


def panel(built: "ReelBuilder") -> Spec:
    """One pair: two marginals, their product, and the joint where it was told; diagonals outlined."""
    found = built.conflicts.found
    each = worst(found)
    names = [charts.label(_named(id, built.tokens)) for id in each.tokens]
    product = [[None if a is None or b is None else round(a * b, 6) for b in each.right] for a in each.left]
    one, two = (f"position {place}" for place in each.positions)
    squares = [("assumed: the product", product, (0.64, 1.0))]
    if each.source:
        squares = [("assumed: the product", product, (0.45, 0.68)), ("the joint", each.both, (0.77, 1.0))]
    most = max((cell for _, square, _ in squares for row in square for cell in row if cell), default=1.0)
    data: list[Spec] = [
        {"type": "bar", "x": names, "y": list(each.left), "name": one, "marker": {"color": "@confidence"}},
        {
            "type": "bar", "x": names, "y": list(each.right), "name": two,
            "marker": {"color": "@remasked", "pattern": _STRIPES},
        },
    ]  # fmt: skip
    lay = charts.layout("", "marginal", barmode="group", hovermode="closest", shapes=[], annotations=[])
    lay["yaxis"]["range"] = [0, 1.02]
    lay["xaxis"] |= {"domain": [0, squares[0][2][0] - 0.11], "type": "category"}
    lay["margin"] = lay["margin"] | {"t": 24}
    lay["legend"] |= {"y": 1.14}  # above the titles of the squares
    for at, (title, square, domain) in enumerate(squares, 2):
        data.append(
            {
                "type": "heatmap", "x": names, "y": names, "z": square, "xaxis": f"x{at}", "yaxis": f"y{at}",
                "colorscale": [[0, "@surface"], [1, "@confidence"]], "zmin": 0, "zmax": most,
                "showscale": False, "xgap": 1, "ygap": 1,
                "texttemplate": "%{z:.0%}", "textfont": {"size": 11},
                "hovertemplate": f"{one}: %{{y}}<br>{two}: %{{x}}<br>{title}: %{{z:.3f}}<extra></extra>",
            }
        )  # fmt: skip
        _axes(lay, at, title, domain, one if at == 2 else "", two)
        lay["shapes"] += [_outline(at, cell) for cell in range(len(names))]
    return charts.panel("Same token twice", _question(built, each, built.conflicts.many), data, lay)


def _named(id: int, tokens: Mapping[int, bytes]) -> str:
    """A token as a label; in quotes where nothing of it could be seen."""
    return plain(Token(id), tokens).strip() or quoted(Token(id), tokens)


def _axes(lay: Spec, at: int, title: str, domain: tuple[float, float], rows: str, columns: str) -> None:
    """The axes of one square, with its title above."""
    base = charts.layout(columns, rows)
    lay[f"xaxis{at}"] = base["xaxis"] | {"domain": list(domain), "type": "category", "anchor": f"y{at}"}
    lay[f"yaxis{at}"] = base["yaxis"] | {"autorange": "reversed", "type": "category", "anchor": f"x{at}"}
    lay["annotations"].append(
        {
            "text": title, "showarrow": False, "x": domain[0], "y": 1, "xref": "paper", "yref": "paper",
            "xanchor": "left", "yanchor": "bottom", "font": {"size": 11, "color": "@muted"},
        }
    )  # fmt: skip


def _outline(at: int, cell: int) -> Spec:
    """A frame round one cell of a diagonal."""
    return {
        "type": "rect", "xref": f"x{at}", "yref": f"y{at}", "x0": cell - 0.5, "x1": cell + 0.5,
        "y0": cell - 0.5, "y1": cell + 0.5, "line": {"color": "@rejected", "width": 2},
    }  # fmt: skip


def _question(built: "ReelBuilder", each: Conflict, many: int) -> str:
    name = quoted(Token(each.token), built.tokens)
    line = built.rounds[each.round]
    title = f"{line.heading}, {line.title}" if line.heading else line.title
    head = (
        f"Did two positions know of each other? In {title}, positions {each.positions[0]} and "
        f"{each.positions[1]} both took {name}. The product of their marginals, all that the round assumed, "
        f"gives {name} twice {each.taken:.0%}"
    )
    more = f" {many} such pairs in this run; this one was the least sure." if many > 1 else ""
    if not each.source:
        return f"{head}. Their joint was not asked for, so it is not known here. Empty: not recorded.{more}"
    teller = built.glossary.sources[each.source].title
    bits = (
        "" if each.shared is None else f" Each knows {each.shared:.2f} bits of the other, which were ignored."
    )
    known = each.joint.get((each.token, each.token))
    twice = "" if known is None else f"; together it is {known:.0%}"
    return f"{head}{twice} (joint: {teller}).{bits}{more}"
