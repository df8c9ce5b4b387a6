"""`run`: decode one prompt. The text goes to standard output, everything else to standard error."""

import argparse
import gzip
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from workbench import tasks
from workbench.cli import files
from workbench.cli.parser import Usage, asking
from workbench.models.shelf import Shelf
from workbench.run.acts import counted
from workbench.run.answer import answer_ids
from workbench.run.perfect import meant
from workbench.run.prepare import prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import JournalWriter, Trace, WorkbenchError, encode
from workbench.trace.journal import write_journal

SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
INTERRUPTED = 130
MAX_PROMPT = 1_000_000
"""Bytes of a prompt file that are read at most."""
MAX_SEED = 2**31


def command(options: argparse.Namespace) -> int:
    """Decode, print the text, write the trace; 0, or 1 if the run failed, or 130 if it was interrupted."""
    instance = _instance(options.task) if options.task else None
    out = _out(options.out)
    models = meant(dict(options.model), instance.task if instance else "", instance.seed if instance else 0)
    request = _request(options, instance.prompt if instance else _prompt(options), models)
    with _stoppable() as stopped:
        with asking():
            prepared = prepare(request, Shelf(), stopped)
        journal = JournalWriter(out) if out is not None and out.name.endswith(".jsonl") else None
        trace = _decode(Recording(prepared, journal))
    text = prepared.tokens.decode(answer_ids(trace))
    print(text, flush=True)
    if out is not None and journal is None:
        _write(trace, out)
    if instance is not None:
        score = tasks.score(instance, text)
        _say("The answer is right." if score.right else f"The answer is wrong: {score.reason}.")
    if stopped():
        return INTERRUPTED
    if trace.footer.status == "failed":
        raise WorkbenchError(trace.footer.message)
    return 0


def _request(options: argparse.Namespace, prompt: str, models: dict[str, str]) -> Request:
    return Request(
        method=options.method,
        prompt=prompt,
        knobs=dict(options.set),
        models=models,
        seed=options.seed,
        max_tokens=options.max_tokens,
        detail=options.detail,
        device=options.device,
        dtype=options.dtype,
        interventions=tuple(options.intervene),
    )


def _prompt(options: argparse.Namespace) -> str:
    if options.prompt is not None:
        return options.prompt
    if options.prompt_file is None:
        raise Usage("There is no prompt; give --prompt TEXT, --prompt-file FILE or --task NAME:SEED.")
    path = Path(options.prompt_file)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PROMPT + 1)
        if len(data) > MAX_PROMPT:
            raise Usage(f"The prompt file '{path}' has more than {MAX_PROMPT} bytes; shorten it.")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Usage(f"The prompt file '{path}' is not UTF-8 text.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise Usage(f"The prompt file '{path}' cannot be read: {why}.") from None


def _instance(text: str) -> tasks.Instance:
    name, _, seed = text.partition(":")
    if name not in tasks.TASKS:
        raise Usage(f"There is no task '{name}'; there are: {', '.join(tasks.TASKS)}.")
    if not (seed or "0").isdecimal() or int(seed or "0") >= MAX_SEED:
        raise Usage(
            f"The task seed '{seed}' is no whole number from 0 to {MAX_SEED - 1}; write --task {name}:0."
        )
    return tasks.make(name, int(seed or "0"))


def _out(name: str | None) -> Path | None:
    if name is None:
        return None
    if not name.endswith(SUFFIXES):
        raise Usage(f"The file '{Path(name).name}' has no known ending; use one of: {', '.join(SUFFIXES)}.")
    return files.target(name)


def _decode(recording: Recording) -> Trace:
    began, live = time.perf_counter(), sys.stderr.isatty()
    shown = 0.0
    for count in recording.batches():
        now = time.perf_counter()
        if live and now - shown > 0.2:
            passes = sum(total.passes for total in recording.prepared.meter.totals.values())
            print(f"\r{len(recording.prepared.run.answer)} tokens, {passes} passes, {count} events", end="",
                  file=sys.stderr, flush=True)  # fmt: skip
            shown = now
    if live and shown:
        print("\r\x1b[K", end="", file=sys.stderr)
    trace = recording.trace()
    _say(_cost(trace, time.perf_counter() - began))
    return trace


def _cost(trace: Trace, seconds: float) -> str:
    tokens = len(answer_ids(trace))
    spent = [f"{cost.source} {cost.passes} passes ({cost.rows} rows)" for cost in trace.footer.costs]
    ended = "" if trace.footer.status == "complete" else f" [{trace.footer.status}]"
    ended += f" with {counted(told)}" if (told := trace.header.interventions) else ""
    return (
        f"{trace.header.method}{ended}: {tokens} tokens in {seconds:.2f} s; {', '.join(spent) or 'no passes'}"
    )


def _write(trace: Trace, out: Path) -> None:
    try:
        if out.name.endswith(".jsonl.gz"):
            plain = out.with_suffix("")
            write_journal(plain, trace)
            out.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
            plain.unlink()
        else:
            data = encode(trace)
            out.write_bytes(gzip.compress(data, mtime=0) if out.suffix == ".gz" else data)
    except OSError as error:
        raise WorkbenchError(f"The trace cannot be written to '{out}': {error.strerror or error}.") from None


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks the run to stop before its next pass; a second one stops the program."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    try:
        before = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not the main thread: there is nothing to catch
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
