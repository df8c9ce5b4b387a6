"""The figures of a batch by id, each with its question and its definitions; and the table of settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viz import charts
from viz.batch import drafted, spreads
from viz.batch.groups import METRICS, Batch, Run, Setting
from viz.batch.parts import INTERVAL, MOST, Drawn, Look, looks
from viz.figures.trade_off import trade_off

Words = tuple[tuple[str, str], ...]
Draw = Callable[[Batch, Sequence[Setting], Sequence[Look], Mapping[str, str]], Drawn]

ROUND = (
    "Round",
    "One draft with its verification, one denoising step, or one token: what the trace numbers.",
)
POOLED = (
    "Pooled",
    "Counts are added over all requests before they are divided, so long requests count more.",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One entry of the gallery."""

    id: str
    title: str
    question: str
    words: Words
    draw: Draw


def _of(draw: Callable[[Sequence[Setting], Sequence[Look], Mapping[str, str]], Drawn]) -> Draw:
    """A figure that looks at the shown settings only."""

    def made(batch: Batch, shown: Sequence[Setting], look: Sequence[Look], asked: Mapping[str, str]) -> Drawn:
        return draw(shown, look, asked)

    return made


def _differences(
    batch: Batch, shown: Sequence[Setting], look: Sequence[Look], asked: Mapping[str, str]
) -> Drawn:
    return spreads.differences(batch, shown, asked)


FIGURES: tuple[Figure, ...] = (
    Figure(
        "acceptance", "Acceptance", "How often is each position of a draft accepted?",
        (("Unconditional", "Of all verified drafts, those of which this many candidates became text."),
         ("Conditional", "Of the drafts whose earlier positions were all accepted and that held a candidate "
                         "here, those in which one of these became text."), POOLED),
        _of(drafted.acceptance),
    ),
    Figure(
        "lengths", "Lengths", "How many tokens does one pass bring?",
        (("Accepted", "Candidates of a verified draft that became text; the target's own token is left out."),
         ("Written", "Tokens committed in a round, the target's own included."), ROUND, POOLED),
        _of(drafted.lengths),
    ),
    Figure(
        "survival", "Survival", "How often does a pass bring at least so many tokens?",
        (("Survival", "The share of drafts (or rounds) with this many tokens or more: one minus the ECDF "
                      "before it. Of accepted tokens it is the unconditional acceptance of the position."),
         ROUND, POOLED),
        _of(drafted.survival),
    ),
    Figure(
        "passes", "Prompt × pass", "Which prompts took long, and where in them?",
        (("Cell", "Tokens that the round wrote, or candidates of its draft that were accepted."), ROUND,
         ("Outlier ◆", "A request whose number of rounds, or tokens per round, lies more than 1.5 quartile "
                       "distances outside of the middle half (Tukey 1977).")),
        _of(spreads.passes),
    ),
    Figure(
        "spread", "ECDF", "How much do prompts differ?",
        (("ECDF", "At each value, the share of prompts that have it or less. A point is a prompt; several "
                  "seeds of one prompt are averaged."),),
        _of(spreads.spread),
    ),
    Figure(
        "differences", "Differences", "Does B differ from A on the same prompts?",
        (("B − A", "For each prompt that both have, the value of B minus that of A; several seeds of one "
                   "prompt are averaged first."),
         ("Band", "The interval of the mean difference; where it leaves 0 out, chance alone does not explain "
                  "the difference at that level.")),
        _differences,
    ),
    Figure(
        "waste", "Waste", "How much was drafted for nothing?",
        (("Drafted", "Candidates that were proposed, those pruned before verification included."),
         ("Became text", "Drafted candidates that were accepted; the target's own tokens do not count.")),
        _of(drafted.waste),
    ),
    Figure(
        "reliability", "Reliability", "Is an answer right as often as its commits claimed?",
        (("Claimed", "The product of the probabilities with which the tokens that stand in the answer were "
                     "committed: what the whole answer would have if they did not depend on each other."),
         ("Right", "The lenient score is 1. Where a task has several right answers, the share may lie "
                   "above the claim and be right."),
         ("Calibration error", "Mean distance of both over the bins, weighted by their answers (ECE).")),
        _of(spreads.reliability),
    ),
)  # fmt: skip
BY_ID = {figure.id: figure for figure in FIGURES}


def overview(batch: Batch, column: str = "score") -> dict[str, Any]:
    """Score against parallelism, every setting in numbers, and what figures there are."""
    made = trade_off([row for setting in batch.settings for row in setting.rows], column)
    reasons = {each["index"]: each["reasons"] for each in made["settings"]}
    return {
        "figure": made["figure"],
        "settings": [
            setting.summary | {"reasons": reasons.get(setting.index, {})} for setting in batch.settings
        ],
        "metrics": [
            {"id": each.id, "title": each.title, "digits": each.digits, "definition": each.definition,
             "pools": each.pools, "better": each.better}
            for each in METRICS
        ],
        "figures": [{"id": each.id, "title": each.title, "question": each.question} for each in FIGURES],
        "most": MOST,
        "interval": INTERVAL,
    }  # fmt: skip


def figure(
    batch: Batch, id: str, chosen: Sequence[int] = (), asked: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One figure of the chosen settings. Raises KeyError for an unknown id."""
    entry = BY_ID[id]
    shown = batch.shown(chosen, MOST)
    methods = list(dict.fromkeys(each.method for each in batch.settings))
    drawn = entry.draw(batch, shown, looks(shown, methods), asked or {})
    panel = charts.panel(entry.title, entry.question, list(drawn.data), drawn.layout)
    return panel | {
        "id": id,
        "words": [*entry.words, *drawn.words],
        "controls": [control.plain() for control in drawn.controls],
        "tables": [table.plain() for table in drawn.tables],
        "said": drawn.said,
        "empty": drawn.empty,
        "cells": list(drawn.cells),
        "shown": [each.index for each in shown],
    }


def runs(batch: Batch, index: int) -> list[dict[str, Any]]:
    """The rows of one setting, with what their digests add. Raises IndexError for an unknown one."""
    setting = batch.settings[index]
    digests = {run.row["key"]: run.digest for run in setting.runs}
    found: list[dict[str, Any]] = []
    for row in setting.rows:
        drafts = (digests.get(row["key"]) or {}).get("drafts") or []
        found.append(
            {name: row[name] for name in ROW}
            | {"name": Run(row, None).name}
            | {"accepted_per_draft": sum(draft[0] for draft in drafts) / len(drafts) if drafts else None}
        )
    return found


ROW = (
    "key",
    "status",
    "reason",
    "sentence",
    "answer",
    "score",
    "tokens_per_round",
    "rounds",
    "tokens",
    "trace",
)
