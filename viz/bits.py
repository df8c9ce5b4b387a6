"""Per round: the bits that were committed, and its three costs side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

from viz import charts
from viz.charts import Spec


@dataclass(slots=True)
class Costs:
    """Sequential rounds (distinct ticks), sequences (passes) and positions (rows pushed)."""

    sequential: int = 0
    sequences: int = 0
    positions: int = 0
    _tick: int | None = None

    def forward(self, tick: int, rows: int) -> None:
        self.sequential += tick != self._tick
        self._tick = tick
        self.sequences += 1
        self.positions += rows

    def told(self) -> str:
        counts = (
            (self.sequential, "sequential round"),
            (self.sequences, "sequence"),
            (self.positions, "position"),
        )
        return " · ".join(f"{many:,} {noun}{'' if many == 1 else 's'}" for many, noun in counts)


def committed(born: Sequence[Sequence[float | None]], rounds: int) -> list[float]:
    """Per round the sum of -log2 of the probabilities that its tokens were committed with."""
    bits = [0.0] * rounds
    for row in born:
        number, prob = int(row[3] or 0), float(row[4] or 0.0)
        if 0 <= number < rounds:
            bits[number] -= log2(max(prob, 1e-9))
    return [abs(round(each, 4)) for each in bits]


def panel(
    born: Sequence[Sequence[float | None]], costs: Mapping[int, Costs], total: Costs, rounds: int
) -> Spec:
    """Four rows of bars on one clock: bits, sequential rounds, sequences, positions."""
    bits = committed(born, rounds)
    each = [costs.get(at, Costs()) for at in range(rounds)]
    rows: list[tuple[str, Sequence[float], str]] = [
        ("bits", bits, "@committed"),
        ("sequential", [one.sequential for one in each], "@confidence"),
        ("sequences", [one.sequences for one in each], "@bonus/0.75"),
        ("positions", [one.positions for one in each], "@pruned"),
    ]
    data: list[Spec] = []
    lay = charts.layout("round", "bits", showlegend=False, hovermode="closest")
    for at, (name, values, colour) in enumerate(rows):
        suffix = "" if at == 0 else str(at + 1)
        data.append(
            {
                "type": "bar", "x": list(range(1, rounds + 1)), "y": list(values), "name": name,
                "marker": {"color": colour}, "yaxis": f"y{suffix}",
                "hovertemplate": f"round %{{x}}: %{{y:,}} {name}<extra></extra>",
            }
        )  # fmt: skip
        domain = [0.63, 1.0] if at == 0 else [0.42 - 0.21 * (at - 1), 0.53 - 0.21 * (at - 1)]
        lay[f"yaxis{suffix}"] = charts.layout("", "")["yaxis"] | {
            "domain": domain, "title": {"text": ""}, "rangemode": "tozero", "nticks": 3, "anchor": "x",
        }  # fmt: skip
        if at:  # counts: nothing and the most is enough
            lay[f"yaxis{suffix}"]["tickvals"] = [0, max(values, default=0)]
    lay["annotations"] = [
        {
            "text": name, "showarrow": False, "xref": "paper", "x": 0, "y": 1,
            "yref": f"y{at + 1} domain" if at else "y domain",
            "xanchor": "left", "yanchor": "bottom", "font": {"size": 11, "color": "@muted"},
        }
        for at, (name, _, _) in enumerate(rows)
    ]  # fmt: skip
    lay["margin"] = {"l": 44, "r": 16, "t": 20, "b": 40}
    lay["xaxis"] |= {"anchor": "y4", "range": [0.5, rounds + 0.5]}
    question = (
        f"How much was decided in each round, and at which cost? {sum(bits):.1f} bits in {total.told()}."
    )
    return charts.panel("Bits", question, data, lay, "rounds")
