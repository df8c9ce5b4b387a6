"""What the laboratory says, as plain values: the page and the command line show the same."""

from math import inf
from typing import Any

from workbench.lab.experiment import COLDEST, HOTTEST, SAME, SIZES, Experiment, Finding, Shown
from workbench.lab.mistakes import MISTAKES, Mistake
from workbench.lab.pairs import CHOICES, Pair, proper
from workbench.lab.reasons import ran, why
from workbench.lab.recipes import RECIPES
from workbench.lab.record import Caught
from workbench.methods.loops.verification import VERIFICATIONS

DEFINITIONS = {
    "variation": "The largest difference that the two laws make in the probability of any event: 0 for equal "
    "laws, 1 for laws that share nothing.",
    "mean": "Accepted drafts and the token after them, expected over all branches of one round; per round of "
    "a whole run where the drafter knows nothing in the first.",
    "samples": "So many independent texts take Pearson's chi-square test to p < 1e-9 every other time: its "
    "statistic grows with n φ², and φ² = Σ (output - target)² / target is known exactly here.",
}


def letters(text: tuple[int, ...]) -> str:
    """Token 0 is a, token 1 is b."""
    return " ".join(chr(97 + token) for token in text)


def options() -> dict[str, Any]:
    """What can be chosen."""
    rules = [
        {
            "id": id,
            "title": VERIFICATIONS[id].title,
            "sentence": VERIFICATIONS[id].sentence,
            "drafts": recipe.drafts,
            "tokens": recipe.depth + 1,
            "mistakes": [mistake(each) for each in MISTAKES.values() if each.rule == id],
        }
        for id, recipe in RECIPES.items()
    ]
    temperature = {"low": COLDEST, "high": HOTTEST}
    return {
        "rules": rules,
        "pairs": {name: list(choices) for name, choices in CHOICES.items()},
        "titles": {id: rule.title for id, rule in VERIFICATIONS.items()},
        "sizes": SIZES,
        "temperature": temperature,
        "definitions": DEFINITIONS,
    }


def paired(pair: Pair, variation: float) -> dict[str, Any]:
    """A pair in words: why it is refused, what ran, and what the refusal is about."""
    kept = variation < SAME
    instead = proper(pair) if pair.reason else ""
    return {
        "title": f"{pair.rule.title} on {pair.drafter}, {pair.shape}",
        "siblings": pair.siblings,
        "refused": pair.reason,
        "ran": ran(pair),
        "why": why(pair, kept),
        "proper": VERIFICATIONS[instead].title if instead else "",
    }


def mistake(each: Mistake) -> dict[str, str]:
    """A mistake in words."""
    return {
        "id": each.id, "title": each.title, "rule": each.rule, "wrong": each.wrong,
        "tempting": each.tempting, "right": each.right,
    }  # fmt: skip


def finding(found: Finding) -> dict[str, Any]:
    """The figures of one experiment; samples is null where no number of samples would do."""
    asked: Experiment = found.experiment
    return {
        "rule": asked.rule,
        "mistake": asked.mistake,
        "pair": paired(asked.pair, found.variation) if asked.pair else None,
        "seed": asked.seed,
        "size": asked.size,
        "temperature": asked.temperature,
        "variation": found.variation,
        "samples": finite(found.samples),
        "mean": found.mean,
        "right_mean": found.right_mean,
        "branches": found.branches,
        "laws": [_shown(each) for each in found.shown],
    }


def _shown(each: Shown) -> dict[str, Any]:
    rows = [{"text": letters(text), "target": target, "output": output} for text, target, output in each.rows]
    samples = finite(each.samples)
    return {"tokens": each.tokens, "variation": each.variation, "samples": samples, "rows": rows}


def finite(samples: float) -> float | None:
    """None for infinity, which JSON has not."""
    return None if samples == inf else samples


def catching(found: Caught) -> dict[str, Any]:
    """Where the mistake can be seen in a recorded run."""
    ok, parts = found.report.ok, found.parts
    return {
        "seed": found.trace.header.seed,
        "events": len(found.trace.events),
        "parts": parts if parts >= 0 and not found.refused else None,
        "hidden": found.refused and found.hidden,
        "check": {"ok": ok, "event": None if ok else found.report.problems[0].event},
        "sentence": found.sentence,
    }
