"""Counts of serving engines and benchmarks, each read by its own definitions.

- vLLM: `metrics.speculative_decoding` of a response, with `--per-request-spec-decode-metrics`
- SGLang: `meta_info` of a response; the counters had three names over the versions (0.5.10, 0.5.11, 0.5.12)
- llama.cpp server: `timings.draft_n`, `timings.draft_n_accepted` (pull request 12603), and its followers
- Spec-Bench: answer files with `choices[].accept_lengths`, where every length counts the target's own token
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.exchange.counts import Counts, Request, ratio, tally
from workbench.trace import WorkbenchError

Json = Any
MOST = 2**53
MAX_STEPS = 100_000
NO_TREE = "Which tokens were drafted, in what tree, and what stood beside them: only counts were kept."
NO_REASON = "Why a draft was rejected: no probability, no draw and no threshold was kept."
NO_STEPS = "In which pass something was accepted: only sums over the request were kept."
NO_LAW = "Whether the output has the target's law: that cannot be checked from counts."
NO_HISTOGRAM = "How lengths are distributed and how often each draft position passed: no histogram was kept."


@dataclass(frozen=True)
class Engine:
    """How one program's counts are found in a JSON object (None: it has none) and read."""

    title: str
    find: Callable[[dict[str, Json]], Json]
    read: Callable[[Json, str], Request]
    notes: tuple[str, ...]
    silent: tuple[str, ...]


def read_counts(items: Sequence[Json]) -> Counts | None:
    """The counts in these JSON values; None where no known program wrote them."""
    objects = [item for item in items if isinstance(item, dict)]
    for engine in ENGINES:
        found = [(number, engine.find(item)) for number, item in enumerate(objects, 1)]
        held = [(number, part) for number, part in found if part is not None]
        if not held:
            continue
        requests = tuple(engine.read(part, _label(objects[number - 1], number)) for number, part in held)
        return Counts(
            engine.title,
            requests,
            _notes(engine, requests, len(items) - len(held)),
            _silent(engine, requests),
        )
    return None


def _notes(engine: Engine, requests: Sequence[Request], left_out: int) -> tuple[str, ...]:
    notes = [*engine.notes]
    if left_out:
        notes.append(f"{left_out} of the file's entries hold no such counts and were left out.")
    for request in requests:
        if request.histogram and request.passes not in (None, sum(request.histogram)):
            notes.append(
                f"{request.label}: the histogram counts {sum(request.histogram)} passes, "
                f"the sum says {request.passes}."
            )
        held = sum(n * many for n, many in enumerate(request.histogram))
        if request.histogram and request.accepted not in (None, held):
            notes.append(
                f"{request.label}: the histogram holds {held} accepted drafts, "
                f"the sum says {request.accepted}."
            )
    return tuple(notes[:12])


def _silent(engine: Engine, requests: Sequence[Request]) -> tuple[str, ...]:
    steps = all(request.steps for request in requests)
    histogram = all(request.histogram for request in requests)
    return (*engine.silent, *(() if steps else (NO_STEPS,)), *(() if histogram else (NO_HISTOGRAM,)))


def _label(item: dict[str, Json], number: int) -> str:
    """A name for a request: what the file calls it, else its number."""
    meta = item.get("meta_info")
    for value in (
        item.get("question_id"),
        item.get("id"),
        meta.get("id") if isinstance(meta, dict) else None,
    ):
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            category = item.get("category")
            behind = f" ({category[:40]})" if isinstance(category, str) and category else ""
            return f"{str(value)[:60]}{behind}"
    return f"request {number}"


# -- vLLM --------------------------------------------------------------------------------------------


def _find_vllm(item: dict[str, Json]) -> Json:
    metrics = item.get("metrics")
    part = metrics.get("speculative_decoding") if isinstance(metrics, dict) else item
    return part if isinstance(part, dict) and "num_spec_steps" in part else None


def _read_vllm(part: dict[str, Json], label: str) -> Request:
    accepted, drafted = (
        whole(part, "num_accepted_draft_tokens", label),
        whole(part, "num_draft_tokens", label),
    )
    by_step = whole_list(part.get("per_step_accepted") or [], "per_step_accepted", label)
    widths: list[int | None] = [*whole_list(part.get("per_step_drafted") or [], "per_step_drafted", label)]
    if widths and len(widths) != len(by_step):
        raise WorkbenchError(
            f"{label}: per_step_accepted has {len(by_step)} entries and per_step_drafted {len(widths)}; "
            "they speak of the same passes."
        )
    histogram = whole_list(part.get("acceptance_histogram") or [], "acceptance_histogram", label)
    return possible(
        Request(
            label,
            passes=whole(part, "num_spec_steps", label),
            drafted=drafted,
            accepted=accepted,
            histogram=tuple(histogram),
            steps=tuple(zip(by_step, widths or [None] * len(by_step), strict=True)),
        )
    )


# -- SGLang ------------------------------------------------------------------------------------------

SGLANG_ACCEPTED = ("spec_num_correct_drafts", "spec_accepted_drafts", "spec_accept_token_num")
SGLANG_DRAFTED = ("spec_num_proposed_drafts", "spec_proposed_drafts", "spec_draft_token_num")
SGLANG_HISTOGRAM = ("spec_correct_drafts_histogram", "spec_accept_histogram")


def _find_sglang(item: dict[str, Json]) -> Json:
    for part in (item.get("meta_info"), item.get("sglext"), item):
        if isinstance(part, dict) and "spec_verify_ct" in part:
            return part
    return None


def _read_sglang(part: dict[str, Json], label: str) -> Request:
    def first(names: Sequence[str]) -> int | None:
        return next((whole(part, name, label) for name in names if part.get(name) is not None), None)

    named = next((name for name in SGLANG_HISTOGRAM if part.get(name)), "")
    tokens = None if part.get("completion_tokens") is None else whole(part, "completion_tokens", label)
    return possible(
        Request(
            label,
            passes=whole(part, "spec_verify_ct", label),
            drafted=first(SGLANG_DRAFTED),
            accepted=first(SGLANG_ACCEPTED),
            histogram=tuple(whole_list(part[named], named, label)) if named else (),
            tokens=tokens,
        )
    )


# -- llama.cpp ---------------------------------------------------------------------------------------


def _find_llama(item: dict[str, Json]) -> Json:
    part = item.get("timings")
    part = part if isinstance(part, dict) else item
    return part if "draft_n" in part and "draft_n_accepted" in part else None


def _read_llama(part: dict[str, Json], label: str) -> Request:
    def known(name: str) -> int | None:
        return None if part.get(name) is None else whole(part, name, label)

    return possible(
        Request(
            label,
            passes=known("draft_rounds"),
            drafted=whole(part, "draft_n", label),
            accepted=whole(part, "draft_n_accepted", label),
            tokens=known("predicted_n"),
        )
    )


# -- Spec-Bench --------------------------------------------------------------------------------------


def _find_spec_bench(item: dict[str, Json]) -> Json:
    choices = item.get("choices")
    held = isinstance(choices, list) and any(
        isinstance(each, dict) and "accept_lengths" in each for each in choices
    )
    return choices if held else None


def _read_spec_bench(choices: list[Json], label: str) -> Request:
    lengths: list[int] = []
    tokens = 0
    for choice in choices:
        if isinstance(choice, dict):
            lengths += whole_list(choice.get("accept_lengths") or [], "accept_lengths", label)
            tokens += sum(whole_list(choice.get("new_tokens") or [], "new_tokens", label))
    if min(lengths, default=1) < 1:
        raise WorkbenchError(
            f"{label}: accept_lengths holds 0, but it counts the target's own token, so 1 is the least."
        )
    drafts = [length - 1 for length in lengths]
    return Request(
        label,
        passes=len(drafts),
        accepted=sum(drafts),
        histogram=tally(drafts),
        steps=tuple((length, None) for length in drafts),
        tokens=tokens or None,
    )


ENGINES = (
    Engine(
        "vLLM, metrics of requests",
        _find_vllm,
        _read_vllm,
        ("Drafts that a grammar had made invalid are not among vLLM's draft tokens.",),
        (NO_TREE, NO_REASON, NO_LAW),
    ),
    Engine(
        "SGLang, metadata of requests",
        _find_sglang,
        _read_sglang,
        (
            "SGLang counts as drafted the passes times the configured width, also where fewer were drafted.",
            "Its own spec_accept_length is completion_tokens / spec_verify_ct; here: 1 + accepted / passes.",
        ),
        (NO_TREE, NO_REASON, NO_LAW),
    ),
    Engine(
        "llama.cpp server, timings",
        _find_llama,
        _read_llama,
        ("Unless the file names draft_rounds, the passes are unknown, and with them the accepted length.",),
        (NO_TREE, NO_REASON, NO_LAW),
    ),
    Engine(
        "Spec-Bench, answers",
        _find_spec_bench,
        _read_spec_bench,
        ("accept_lengths counts the target's own token in every pass; here it is named apart.",),
        (
            "How many tokens were drafted, and so the acceptance rate: answers keep accepted ones only.",
            NO_TREE,
            NO_REASON,
            NO_LAW,
        ),
    ),
)


# -- numbers of strangers ----------------------------------------------------------------------------


def whole(part: dict[str, Json], name: str, label: str) -> int:
    """A count that has to be there."""
    if name not in part:
        raise WorkbenchError(f"{label}: the field '{name}' is missing.")
    return _count(part[name], name, label)


def whole_list(value: Json, name: str, label: str) -> list[int]:
    """A list of counts."""
    if not isinstance(value, list) or len(value) > MAX_STEPS:
        raise WorkbenchError(f"{label}: '{name}' is no list of at most {MAX_STEPS} counts.")
    return [_count(each, name, label) for each in value]


def _count(value: Json, name: str, label: str) -> int:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or value != value // 1
        or not 0 <= value < MOST
    ):
        raise WorkbenchError(
            f"{label}: '{name}' holds {str(value)[:40]!r}, but a count (0, 1, 2, ...) is needed."
        )
    return int(value)


def possible(request: Request) -> Request:
    """Refuse more accepted than drafted tokens."""
    share = ratio(request.accepted, request.drafted)
    if (share is not None and share > 1) or (request.drafted == 0 and request.accepted):
        raise WorkbenchError(
            f"{request.label}: {request.accepted} of {request.drafted} drafted tokens are said accepted, "
            "which cannot be."
        )
    return request
