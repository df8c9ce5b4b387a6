"""A run in a few numbers, with the definition printed beside each: most confusion is about words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from viz.clocks import Clocks

DEFINITIONS: dict[str, str] = {
    "num_spec_steps": "Target passes that verified a draft.",
    "num_draft_tokens": "Draft candidates that were proposed, pruned ones included.",
    "num_verified_draft_tokens": "Draft candidates that the target read: proposed less pruned.",
    "num_accepted_draft_tokens": "Draft candidates that became part of the text.",
    "draft_acceptance_rate": "Accepted over verified draft candidates; it falls when trees grow wider.",
    "mean_acceptance_length": "1 + accepted drafts per verifying pass: the target's own token counts.",
    "mean_accepted_drafts": "Accepted drafts per verifying pass: the target's own token does not count.",
    "acceptance_histogram": "Entry n: verifying passes in which n drafts were accepted.",
    "tokens_per_target_pass": "Tokens of the answer per pass of the target, the first pass included.",
    "forward_passes": "Passes one after the other; those that could run at the same time count once.",
    "target_passes": "Passes of the target model, one after the other.",
    "rows": "Sequence rows pushed through any network.",
    "tokens": "Most tokens that the answer held.",
    "rounds": "Draft-and-verify cycles, denoising steps or tokens.",
    "retracted": "Cells that became blank again.",
    "milliseconds": "Measured where the run was recorded; says nothing about another machine.",
}


def of(lines: Sequence[Mapping[str, Any]], clocks: Clocks) -> dict[str, Any]:
    """The summary; the speculative part only where something was drafted."""
    told: dict[str, Any] = {
        "tokens": clocks.tokens,
        "rounds": len(lines),
        "forward_passes": clocks.passes,
        "target_passes": clocks.target,
        "tokens_per_target_pass": round(clocks.tokens / clocks.target, 4) if clocks.target else 0.0,
        "rows": clocks.rows,
        "retracted": sum(line["retracted"] for line in lines),
        "milliseconds": round(clocks.ms, 1),
    }
    return told | speculation([line for line in lines if line["drafted"]])


def speculation(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What serving engines print about speculation, under vLLM's names."""
    if not lines:
        return {}
    accepted = [line["accepted"] for line in lines]
    drafted, pruned = (sum(line[name] for line in lines) for name in ("drafted", "pruned"))
    counts = Counter(accepted)
    mean = sum(accepted) / len(lines)
    return {
        "num_spec_steps": len(lines),
        "num_draft_tokens": drafted,
        "num_verified_draft_tokens": drafted - pruned,
        "num_accepted_draft_tokens": sum(accepted),
        "draft_acceptance_rate": round(sum(accepted) / max(1, drafted - pruned), 4),
        "mean_acceptance_length": round(1 + mean, 4),
        "mean_accepted_drafts": round(mean, 4),
        "acceptance_histogram": [counts[n] for n in range(max(accepted) + 1)],
    }
