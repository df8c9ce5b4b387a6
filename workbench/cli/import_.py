"""`import`: a file of ours as a trace again, or what another program counted, as a table."""

import argparse
import json
import sys
from typing import Any

from workbench.cli import files
from workbench.exchange import Counts, open_any
from workbench.trace import Trace, check, encode

NAMES = {
    "num_drafts": "verifying passes",
    "num_draft_tokens": "drafted tokens",
    "num_accepted_tokens": "accepted drafts",
    "draft_acceptance_rate": "accepted / drafted",
    "mean_accepted_drafts": "accepted per pass, without the target's own token",
    "mean_acceptance_length": "accepted per pass, with the target's own token",
}


def command(options: argparse.Namespace) -> int:
    """Say what the file holds; write its trace where one is asked for."""
    out = files.target(options.out) if options.out else None
    opened = open_any(files.content(options.file))
    if opened.counts:
        _tell(opened.counts, options.json)
        return 0
    for number, trace in enumerate(opened.traces):
        print(_line(trace))
        if out and not number:
            out.write_bytes(encode(trace))
    if len(opened.traces) > 1 and out:
        print(f"The file holds {len(opened.traces)} traces; the first one was written.", file=sys.stderr)
    return 0


def _line(trace: Trace) -> str:
    return f"{trace.header.method}: {len(trace.events)} events, {trace.footer.status}. {check(trace).badge}"


def _tell(counts: Counts, as_json: bool) -> None:
    told: dict[str, Any] = counts.described()
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    requests = len(told["requests"])
    print(f"{told['source']}: counts of {requests} request{'s' * (requests != 1)}; this is no trace.")
    for name, words in NAMES.items():
        value = told["totals"][name]
        print(f"  {words:<52} {'unknown' if value is None else value}")
    if told["histogram"]:
        print(f"  {'passes that accepted 0, 1, 2, ... drafts':<52} {' '.join(map(str, told['histogram']))}")
    for note in told["notes"]:
        print(f"  Note: {note}")
    for sentence in told["silent"]:
        print(f"  Cannot say: {sentence}")
