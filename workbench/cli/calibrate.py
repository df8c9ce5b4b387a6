"""`calibrate`: thresholds for a model, proposed from a static reference run."""

import argparse
import dataclasses
import json

from workbench.cli.parser import Usage, asking
from workbench.models.shelf import Shelf
from workbench.run.calibrate import CHANGED, Proposal, calibrate

ROLE = "denoiser"


def command(options: argparse.Namespace) -> int:
    """Measure and print the proposals, as a table or as JSON."""
    models = dict(options.model)
    for role in models:
        if role != ROLE:
            raise Usage(f"There is no role '{role}' to calibrate; write --model {ROLE}=NAME.")
    if options.n < 1:
        raise Usage(f"n = {options.n} is out of range; give 1 prompt or more.")
    with asking():
        found = calibrate(Shelf(), models.get(ROLE, ""), options.method, options.n)
    if options.json:
        print(json.dumps([dataclasses.asdict(each) for each in found], indent=1))
    else:
        print(table(found))
    return 0


def table(found: list[Proposal]) -> str:
    """Markdown: a row per knob."""
    lines = [
        "| method | knob | paper | default | proposed | quantile | of | kept tokens that pass |",
        "|---|---|--:|--:|--:|---|---|--:|",
    ]
    for p in found:
        counted = p.changed if p.of == CHANGED else p.kept
        held = "held back" if p.of == CHANGED else "let through"
        lines.append(
            f"| {p.method} | {p.knob} | {p.paper:g} | {p.default:g} | {p.value:g} | "
            f"{p.quantity}, {p.level:.0%} {held} | {counted} {p.of}{', ' * bool(p.note)}{p.note} | "
            f"{p.passes:.0%} |"
        )
    return "\n".join(lines)
