"""`lab`: see what breaks. Exact laws on a tiny vocabulary, with one mistake switched on."""

import argparse
import json
from typing import Any

from workbench.cli.parser import asking
from workbench.lab import describe
from workbench.lab.experiment import Experiment, Finding, explore
from workbench.lab.mistakes import MISTAKES
from workbench.lab.pairs import completed
from workbench.lab.record import caught
from workbench.trace import WorkbenchError

BAR = 30


def command(options: argparse.Namespace) -> int:
    """One experiment, or the table of all mistakes."""
    if not any((options.drafter, options.verify, options.rule, options.mistake)):
        return _table(options)
    with asking():
        found = explore(_asked(options))
    said = described(found)
    print(json.dumps(said, indent=2, ensure_ascii=False) if options.json else _page(said))
    return 0


def _asked(options: argparse.Namespace) -> Experiment:
    if options.drafter or options.verify:
        return _pair(options)
    return _experiment(options, options.rule or _rule_of(options.mistake), options.mistake)


def described(found: Finding) -> dict[str, Any]:
    """The figures of an experiment, the words of its mistake, and where a recorded run shows it."""
    wrong = found.experiment.wrong
    said = describe.finding(found)
    said["words"] = describe.mistake(wrong) if wrong else None
    try:
        said["caught"] = describe.catching(caught(found.experiment))
    except WorkbenchError as error:
        said["caught"] = {"sentence": str(error)}
    return said


def _rule_of(mistake: str) -> str:
    if mistake not in MISTAKES:
        raise WorkbenchError(f"There is no mistake '{mistake[:40]}'; there are: {', '.join(MISTAKES)}.")
    return MISTAKES[mistake].rule


def _experiment(options: argparse.Namespace, rule: str, mistake: str) -> Experiment:
    return Experiment(rule, mistake, options.seed, options.vocabulary or 4, options.temperature)


def _pair(options: argparse.Namespace) -> Experiment:
    """A pair of the composition menu; what was not said is what the drafter makes by itself."""
    if options.rule or options.mistake:
        raise WorkbenchError("--drafter and --verify name a pair; leave --rule and --mistake out.")
    if not (options.drafter and options.verify):
        raise WorkbenchError("A pair is a drafter and a rule; give both --drafter and --verify.")
    pair = completed(options.drafter, options.verify, options.shape, options.siblings)
    return Experiment(
        pair.verification, "", options.seed, options.vocabulary or 3, options.temperature,
        pair.drafter, pair.shape, pair.siblings,
    ).checked()  # fmt: skip


def _table(options: argparse.Namespace) -> int:
    """All mistakes on the same tables."""
    with asking():
        all = [described(explore(_experiment(options, each.rule, each.id))) for each in MISTAKES.values()]
    if options.json:
        print(json.dumps(all, indent=2, ensure_ascii=False))
        return 0
    width = max(map(len, MISTAKES))
    print(f"{'mistake':{width}}  {'rule':15}  {'variation':>9}  {'tokens/step':>14}  {'samples':>9}  check")
    for said in all:
        event = said["caught"].get("check", {}).get("event")
        seen = "not visible here" if "check" not in said["caught"] else "cannot see it"
        seen = seen if event is None else f"event {event}"
        steps = f"{said['right_mean']:.3f} -> {said['mean']:.3f}"
        print(
            f"{said['mistake']:{width}}  {said['rule']:15}  {said['variation']:9.4f}  {steps:>14}  "
            f"{_samples(said['samples']):>9}  {seen}"
        )
    return 0


def _page(said: dict[str, Any]) -> str:
    """One experiment in lines."""
    words = said["words"]
    pair = said["pair"]
    lines = [f"{said['rule']}, {words['title'] if words else 'as published'}"]
    if pair:
        lines = [f"{pair['title']}, {pair['siblings']}", f"  refused:  {pair['refused'] or 'no'}"]
        lines += [f"  here:     {pair['ran']}", f"  why:      {pair['why']}"]
    if words:
        lines += [f"  wrong:    {words['wrong']}", f"  tempting: {words['tempting']}"]
        lines += [f"  right:    {words['right']}"]
    first_two = said["laws"][min(1, len(said["laws"]) - 1)]
    lines.append(f"The law of the first {first_two['tokens']} tokens (target, output):")
    for row in first_two["rows"]:
        target, output = row["target"], row["output"]
        lines.append(f"  {row['text']}  {target:.4f}  {output:.4f}  {'#' * round(output * BAR)}")
    for law in said["laws"]:
        lines.append(
            f"over {law['tokens']} token{'s' * (law['tokens'] > 1)}: total variation {law['variation']:.4g}, "
            f"samples to p < 1e-9: {_samples(law['samples'])}"
        )
    right = f"with {pair['proper']}" if pair and pair["proper"] else "as published"
    lines.append(f"expected tokens per step: {said['mean']:.4f} ({right} {said['right_mean']:.4f})")
    lines.append(said["caught"]["sentence"])
    return "\n".join(lines)


def _samples(samples: float | None) -> str:
    return "never" if samples is None else f"{samples:.3g}" if samples >= 1e6 else f"{samples:.0f}"
