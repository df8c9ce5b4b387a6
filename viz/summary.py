"""A run in a few numbers, with the definition printed beside each: most confusion is about words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from viz.acceptance import Draft, by_position
from viz.bits import Costs
from viz.clocks import Clocks

DEFINITIONS: dict[str, str] = {
    "num_drafts": "Drafts that the target verified: one per verifying pass of this request.",
    "num_draft_tokens": "Draft candidates that were verified; those pruned before are not among them.",
    "num_accepted_tokens": "Draft candidates that became text; the target's own tokens do not count.",
    "num_accepted_tokens_per_pos": "Entry i: drafts of which at least i + 1 candidates became text.",
    "num_proposed_tokens": "Draft candidates that were proposed, pruned ones included.",
    "num_pruned_tokens": "Draft candidates that were dropped before verification.",
    "draft_acceptance_rate": "num_accepted_tokens / num_draft_tokens of this request, without bonus tokens; "
    "it falls when trees grow wider. Pooled over requests, divide the sums; do not average the rates.",
    "mean_acceptance_length": "1 + num_accepted_tokens / num_drafts: counts one token of the target's own "
    "per draft, whether or not it wrote one.",
    "mean_accepted_drafts": "num_accepted_tokens / num_drafts: without the target's own token.",
    "acceptance_rate_per_pos": "Unconditional: num_accepted_tokens_per_pos / num_drafts.",
    "conditional_acceptance_rate_per_pos": "Entry i: of the drafts whose first i positions were accepted and "
    "that held a candidate behind them, the share in which one of these became text.",
    "acceptance_histogram": "Entry n: drafts of which n candidates became text, the target's own left out.",
    "tokens_per_target_pass": "tokens / target_passes, the first pass included.",
    "text_tokens_per_target_pass": "text_tokens / target_passes: no padding is counted.",
    "forward_passes": "Passes one after the other; those that could run at the same time count once.",
    "sequences": "Passes of any network, those of the same time counted one by one.",
    "target_passes": "Passes one after the other of the models that decide what is written: a target, a "
    "masked model and whoever guides it; drafters are left out.",
    "rows": "Sequence rows pushed through any network.",
    "tokens": "Most tokens that the answer held; on a canvas the padding behind its end is among them.",
    "text_tokens": "Tokens of the answer up to and with its end; on a canvas no padding is among them.",
    "rounds": "Draft-and-verify cycles, denoising steps or tokens.",
    "retracted": "Cells that became blank again.",
    "milliseconds": "Measured where the run was recorded; says nothing about another machine.",
}
"""Key names of speculation follow vLLM's speculative-decoding metrics where it has the quantity."""

LOWER, HIGHER = "lower", "higher"
COMPARED: tuple[tuple[str, str, str, bool], ...] = (
    ("tokens", "Tokens", "", False),
    ("text_tokens", "Text tokens", "", False),
    ("rounds", "Rounds", LOWER, True),
    ("forward_passes", "Forward passes", LOWER, True),
    ("sequences", "Sequences", LOWER, True),
    ("target_passes", "Target passes", LOWER, True),
    ("rows", "Rows pushed", LOWER, True),
    ("retracted", "Cells taken back", "", False),
    ("milliseconds", "Milliseconds", LOWER, True),
    ("tokens_per_target_pass", "Tokens per target pass", HIGHER, False),
    ("text_tokens_per_target_pass", "Text tokens per target pass", HIGHER, False),
    ("num_drafts", "Drafts", "", False),
    ("num_proposed_tokens", "Proposed draft tokens", "", False),
    ("num_pruned_tokens", "Pruned draft tokens", "", False),
    ("num_draft_tokens", "Verified draft tokens", "", False),
    ("num_accepted_tokens", "Accepted draft tokens", "", False),
    ("draft_acceptance_rate", "Draft acceptance rate", HIGHER, False),
    ("mean_acceptance_length", "Mean acceptance length", HIGHER, False),
    ("mean_accepted_drafts", "Mean accepted drafts", HIGHER, False),
)
"""What two runs are compared in: key, title, which side is better (where one is), and whether that holds
only for equally many tokens."""

LEDGER: tuple[tuple[str, str, str], ...] = (
    ("passes", "Passes", "Times that this network ran."),
    ("rows", "Rows", "Sequence rows that it computed."),
    ("cached", "Cached rows", "Rows that its passes read from the cache instead, summed over the passes."),
    ("work", "Layer-positions", "Rows times the layers that they went through."),
)
"""The columns of the cost ledger: key, title, definition."""


def tables() -> dict[str, Any]:
    """What the page compares runs by, with the definitions."""
    metrics = [
        {"id": id, "title": title, "better": better, "equal": equal, "means": DEFINITIONS[id]}
        for id, title, better, equal in COMPARED
    ]
    ledger = [{"id": id, "title": title, "means": means} for id, title, means in LEDGER]
    return {"metrics": metrics, "ledger": ledger}


def of(
    lines: Sequence[Mapping[str, Any]], drafts: Sequence[Draft], clocks: Clocks, spent: Costs, text: int
) -> dict[str, Any]:
    """The summary; the speculative part only where a draft was verified. text: tokens up to the end."""
    told: dict[str, Any] = {
        "tokens": clocks.tokens,
        "text_tokens": text,
        "rounds": len(lines),
        "forward_passes": clocks.passes,
        "sequences": spent.sequences,
        "target_passes": clocks.target,
        "tokens_per_target_pass": round(clocks.tokens / clocks.target, 4) if clocks.target else 0.0,
        "text_tokens_per_target_pass": round(text / clocks.target, 4) if clocks.target else 0.0,
        "rows": clocks.rows,
        "retracted": sum(line["retracted"] for line in lines),
        "milliseconds": round(clocks.ms, 1),
    }
    return told | speculation(drafts, *(sum(line[name] for line in lines) for name in ("drafted", "pruned")))


def speculation(drafts: Sequence[Draft], proposed: int, pruned: int) -> dict[str, Any]:
    """What serving engines print about speculation, under vLLM's names."""
    if not drafts:
        return {}
    lengths = [draft.accepted for draft in drafts]
    verified, accepted, counts = sum(len(draft.nodes) for draft in drafts), sum(lengths), Counter(lengths)
    positions, mean = by_position(drafts), sum(lengths) / len(drafts)
    return {
        "num_drafts": len(drafts),
        "num_draft_tokens": verified,
        "num_accepted_tokens": accepted,
        "num_accepted_tokens_per_pos": [share.accepted for share, _ in positions],
        "num_proposed_tokens": proposed,
        "num_pruned_tokens": pruned,
        "draft_acceptance_rate": round(accepted / verified, 4),
        "mean_acceptance_length": round(1 + mean, 4),
        "mean_accepted_drafts": round(mean, 4),
        "acceptance_rate_per_pos": [share.rate for share, _ in positions],
        "conditional_acceptance_rate_per_pos": [share.rate for _, share in positions],
        "acceptance_histogram": [counts[n] for n in range(max(lengths) + 1)],
    }
