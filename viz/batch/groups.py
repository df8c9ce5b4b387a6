"""The rows of a sweep and the digests of their traces, by setting and by prompt."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from viz.batch import stats
from viz.batch.stats import Interval, Paired

Row = Mapping[str, Any]
Digest = Mapping[str, Any]
Key = tuple[str, int]
"""A prompt: its task, and its seed or place in a file."""
Ratio = tuple[float, float]

COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Run:
    """One complete row, with the digest of its trace where it has been read."""

    row: Row
    digest: Digest | None

    @property
    def prompt(self) -> Key:
        return str(self.row["task"]), int(self.row["seed"])

    @property
    def name(self) -> str:
        """The prompt in words, with the run's seed where that is not 0."""
        seed = f" · seed {self.row['run_seed']}" if self.row.get("run_seed") else ""
        return f"{self.row['task']} {self.row.get('prompt') or self.row['seed']}{seed}"

    @property
    def drafts(self) -> Sequence[Sequence[int]]:
        return self.digest["drafts"] if self.digest else ()

    @property
    def written(self) -> Sequence[int]:
        return self.digest["written"] if self.digest else ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A quantity of a run as part / whole, so that it has a mean over prompts and a pooled value.

    better: higher, lower or '' where neither is. of: None where the run does not say it.
    """

    id: str
    title: str
    better: str
    digits: int
    definition: str
    of: Callable[[Run], Ratio | None]

    @property
    def pools(self) -> bool:
        """Whether the pooled value can differ from the mean over prompts."""
        return self.id in ("tokens_per_round", "text_per_round", "acceptance_rate", "accepted_per_draft")


def _column(name: str) -> Callable[[Run], Ratio | None]:
    def read(run: Run) -> Ratio | None:
        value = run.row[name]
        return None if value is None else (float(value), 1.0)

    return read


def _per_round(name: str) -> Callable[[Run], Ratio | None]:
    def read(run: Run) -> Ratio | None:
        tokens, rounds = run.row.get(name), run.row["rounds"]
        return (float(tokens), float(rounds)) if rounds and tokens is not None else None

    return read


def _rate(run: Run) -> Ratio | None:
    verified = sum(draft[2] for draft in run.drafts)
    return (float(sum(draft[0] for draft in run.drafts)), float(verified)) if verified else None


def _accepted(run: Run) -> Ratio | None:
    return (float(sum(draft[0] for draft in run.drafts)), float(len(run.drafts))) if run.drafts else None


METRICS: tuple[Metric, ...] = (
    Metric("score", "Score", "higher", 3, "0 to 1 by the task's own checker, read leniently: brackets, "
           "quotes, commas and spacing are forgiven.", _column("score")),
    Metric("strict", "Strict score", "higher", 3, "The score where the answer is also written exactly in the "
           "task's format, else 0.", _column("strict")),
    Metric("tokens_per_round", "Tokens per pass", "higher", 2, "Tokens of the answer (padding behind the "
           "end of a canvas included) divided by sequential passes of the main network; passes of one "
           "moment count once.", _per_round("tokens")),
    Metric("text_per_round", "Text tokens per pass", "higher", 2, "Tokens of the answer up to and with its "
           "end, without the padding behind it, divided by the same passes.", _per_round("text_tokens")),
    Metric("rounds", "Passes", "lower", 1, "Passes of the main network, one after the other.",
           _column("rounds")),
    Metric("positions", "Positions", "lower", 0, "Rows pushed through the main network.",
           _column("positions")),
    Metric("acceptance_rate", "Acceptance rate", "higher", 3, "Draft candidates that became text, divided by "
           "those verified; it falls when trees grow wider.", _rate),
    Metric("accepted_per_draft", "Accepted per draft", "higher", 2, "Draft candidates that became text, "
           "divided by verified drafts; the target's own token is left out.", _accepted),
    Metric("order", "Order", "", 2, "Kendall's tau-b between the position of a token and the round in which "
           "it came: 1 is left to right.", _column("order")),
)  # fmt: skip
BY_ID = {metric.id: metric for metric in METRICS}
"""What a setting is measured by."""


@dataclass(frozen=True)
class Setting:
    """One method with its knobs. failed: rows without a result."""

    index: int
    method: str
    knobs: str
    runs: tuple[Run, ...]
    rows: tuple[Row, ...] = field(repr=False)

    @property
    def failed(self) -> int:
        return len(self.rows) - len(self.runs)

    @property
    def name(self) -> str:
        return f"{self.method} · {self.knobs}" if self.knobs else self.method

    @cached_property
    def prompts(self) -> dict[Key, list[Run]]:
        """The runs of each prompt, in the order of the table."""
        found: dict[Key, list[Run]] = {}
        for run in self.runs:
            found.setdefault(run.prompt, []).append(run)
        return found

    def ratios(self, metric: Metric) -> dict[Key, list[Ratio]]:
        """Prompt -> part and whole of each of its runs that says the metric."""
        said = {key: [metric.of(run) for run in runs] for key, runs in self.prompts.items()}
        kept = {key: [ratio for ratio in ratios if ratio is not None] for key, ratios in said.items()}
        return {key: ratios for key, ratios in kept.items() if ratios}

    def values(self, metric: Metric) -> dict[Key, float]:
        """Prompt -> the mean of its runs."""
        return {
            key: sum(part / whole for part, whole in ratios) / len(ratios)
            for key, ratios in self.ratios(metric).items()
        }

    def mean(self, metric: Metric) -> Interval | None:
        """The mean of the prompts' own values: every request counts the same."""
        return stats.mean(list(self.values(metric).values()))

    def pooled(self, metric: Metric) -> Interval | None:
        """All parts over all wholes: long requests count more."""
        sums = [tuple(map(sum, zip(*ratios, strict=True))) for ratios in self.ratios(metric).values()]
        return stats.pooled([part for part, _ in sums], [whole for _, whole in sums])

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The setting in a few numbers, as plain data."""
        figures: dict[str, Any] = {}
        for metric in METRICS:
            mean = self.mean(metric)
            pooled = self.pooled(metric) if metric.pools else None
            figures[metric.id] = {
                "mean": mean.plain() if mean else None,
                "pooled": pooled.plain() if pooled else None,
            }
        return {
            "index": self.index, "method": self.method, "knobs": self.knobs,
            "models": str(self.rows[0].get("models", "")), "runs": len(self.runs), "failed": self.failed,
            "prompts": len(self.prompts), "drafts": any(run.drafts for run in self.runs), "figures": figures,
        }  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """A sweep: its settings in the order of the table."""

    settings: tuple[Setting, ...]

    @staticmethod
    def of(rows: Iterable[Row], digests: Mapping[str, Digest]) -> "Batch":
        """digests: row key -> digest; a row without one takes no part in what needs it."""
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            groups.setdefault((row["method"], row["knobs"]), []).append(row)
        return Batch(
            tuple(
                Setting(
                    index, method, knobs,
                    tuple(Run(row, digests.get(row["key"])) for row in members if row["status"] == COMPLETE),
                    tuple(members),
                )
                for index, ((method, knobs), members) in enumerate(groups.items())
            )
        )  # fmt: skip

    def shown(self, chosen: Sequence[int], most: int) -> list[Setting]:
        """The chosen settings, or the first that have a result."""
        able = [each for each in self.settings if each.runs]
        picked = [each for each in able if each.index in chosen]
        return (picked or able)[:most]


def compare(a: Setting, b: Setting, metric: Metric) -> tuple[list[Key], Paired | None]:
    """The prompts that both have, and the paired difference b - a of a metric over them."""
    left, right = a.values(metric), b.values(metric)
    both = [key for key in left if key in right]
    return both, stats.paired([left[key] for key in both], [right[key] for key in both])
