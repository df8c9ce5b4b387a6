"""Does the output have the target's distribution? Many short runs on small networks, and a chi-square test.

Exact enumeration (the tests) shows that a rule is right; this shows that it is still right behind real
logits, caches and masks: `python -m benchmarks.fidelity` draws 20 000 runs per method. The statistic is
Pearson's on the joint of the first two tokens, which a round's border divides in most runs.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from workbench.maths.sample import warp
from workbench.methods.api import Method, Promise
from workbench.methods.catalogue import find
from workbench.methods.dice import SeededDice
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.models.net import Config, Net
from workbench.models.net_causal import NetCausal

SIZE = 10
"""Tokens of the vocabulary."""
PROMPT = (1, 4, 2)
TOKENS = 3
"""New tokens per run; two of them are counted, so that a round may end before, between and behind them."""
FEWEST = 5.0
"""Cells that expect fewer runs than this are merged."""
PASSES = 1e-9
"""A law that is right looks this bad in one of a thousand million tests."""
PROCESSING: Mapping[str, float] = {"temperature": 0.7, "top_p": 0.9}
METHODS: Mapping[str, Mapping[str, Any]] = {
    "speculative_sampling": {"draft_length": 2},
    "block_verification": {"draft_length": 2},
    "gbv": {"chains": 2, "draft_length": 2},
    "sample_and_match": {"depth": 2, "shape": "tree"},
    "specinfer_multiround": {"widths": "2,2"},
    "rsd_c": {"widths": "2,2"},
    "rsd_s": {"width": 2, "depth": 2},
    "sequoia": {"nodes": 4, "ranks": 2, "depth": 2},
    "eagle2": {"branch": 2, "depth": 2, "total": 4},
    "traversal_verification": {"widths": "2,2"},
    "token_tree": {"verification": "without replacement", "branch": 2, "depth": 2},
    "prompt_lookup": {"draft_length": 2},
    "jacobi": {"window": 2},
}
"""Methods with knobs that let every kind of outcome happen within a few tokens."""


@dataclass(frozen=True)
class Fit:
    """How well counts fit a law: Pearson's statistic, its degrees of freedom, and their p-value."""

    statistic: float
    freedom: int
    p: float


def network(seed: int, near: Net | None = None, distance: float = 0.0) -> Net:
    """A small random network in float64; `near` another one by the given distance."""
    torch.manual_seed(seed)
    net = Net(
        Config.from_hf(
            {
                "model_type": "llama",
                "vocab_size": SIZE,
                "hidden_size": 16,
                "intermediate_size": 24,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "head_dim": 8,
                "max_position_embeddings": 32,
                "rms_norm_eps": 1e-5,
                "eos_token_id": 0,
                "bos_token_id": 1,
            }
        )
    )
    net = net.double().eval().requires_grad_(False)
    for name, parameter in net.named_parameters():
        if parameter.dim() > 1:
            parameter.mul_(8)
            if near is not None:
                parameter.mul_(distance).add_(near.get_parameter(name))
    return net


@dataclass(frozen=True)
class Laboratory:
    """Target and draft networks, and the law of the target's first two tokens."""

    networks: Mapping[str, Net]
    law: Mapping[tuple[int, ...], float]


def laboratory(seed: int = 1, distance: float = 0.5) -> Laboratory:
    """A target and a drafter that agrees with it more often than not."""
    target = network(seed)
    return Laboratory({"target": target, "draft": network(seed + 1, target, distance)}, _law(target))


def _law(target: Net) -> dict[tuple[int, ...], float]:
    """Exact probabilities of the first two tokens, each read afresh."""
    law: dict[tuple[int, ...], float] = {}
    for first, prob in enumerate(_next(target, ())):
        for second, then in enumerate(_next(target, (first,))) if prob > 0 else ():
            if then > 0:
                law[first, second] = prob * then
    return law


def _next(target: Net, answer: Sequence[int]) -> list[float]:
    logits: Tensor = NetCausal(target, "target", "target", Meter()).read([*PROMPT, *answer]).beliefs.logits
    return warp(logits[-1:], PROCESSING["temperature"], 0, PROCESSING["top_p"])[0].tolist()


def sample(lab: Laboratory, method: Method, knobs: Mapping[str, Any], runs: int) -> Counter[tuple[int, ...]]:
    """The first two tokens of so many runs, each with a seed of its own."""
    found: Counter[tuple[int, ...]] = Counter()
    params = method.parse({**PROCESSING, **knobs})
    for seed in range(runs):
        meter = Meter()
        models = {role: NetCausal(lab.networks[role], role, role, meter) for role in method.needs}
        run = Run(PROMPT, TOKENS, models, (), SeededDice(seed), meter, full=False)
        with torch.inference_mode():
            for _ in method.start(run, params):
                pass
        found[tuple(run.answer[:2])] += 1
    return found


def fit(found: Mapping[tuple[int, ...], int], law: Mapping[tuple[int, ...], float]) -> Fit:
    """Pearson's chi-square of counts against a law; what the law forbids has p-value 0."""
    runs = sum(found.values())
    if found.keys() - law.keys():
        return Fit(float("inf"), len(law) - 1, 0.0)
    cells = sorted(((prob * runs, found.get(text, 0)) for text, prob in law.items()), reverse=True)
    merged: list[tuple[float, int]] = []
    for expected, count in cells:
        if merged and (expected < FEWEST or merged[-1][0] < FEWEST):
            last = merged.pop()
            expected, count = expected + last[0], count + last[1]
        merged.append((expected, count))
    statistic = sum((count - expected) ** 2 / expected for expected, count in merged)
    freedom = max(len(merged) - 1, 1)
    tail = torch.special.gammaincc(torch.tensor(freedom / 2).double(), torch.tensor(statistic / 2).double())
    return Fit(statistic, freedom, float(tail))


def main(arguments: Sequence[str]) -> int:
    """Print a line per method; 0 if every one passes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fidelity", description=__doc__)
    parser.add_argument("methods", nargs="*", help="ids of methods; all that are listed here by default")
    parser.add_argument("--runs", type=int, default=20_000, help="runs per method")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    lab, good = laboratory(), True
    for id in options.methods or METHODS:
        method = find(id)
        if method.guarantee.promise is not Promise.SAME_DISTRIBUTION:
            print(f"{id:24} promises no distribution", file=sys.stderr)
            continue
        found = fit(sample(lab, method, METHODS.get(id, {}), options.runs), lab.law)
        good &= found.p > PASSES
        said = f"chi-square {found.statistic:7.1f} on {found.freedom} degrees, p = {found.p:.3g}"
        print(f"{id:24} {said}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
