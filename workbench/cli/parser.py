"""What can be asked for on the command line; what a command does is imported when it runs."""

import argparse
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from workbench.run.acts import FORMS, parse
from workbench.trace import Intervention
from workbench.trace.errors import WorkbenchError

Command = Callable[[argparse.Namespace], int]


class Usage(WorkbenchError):
    """The command cannot begin as it was asked; nothing was run."""


@contextmanager
def asking() -> Iterator[None]:
    """Whatever is refused in here is wrong with what was asked for."""
    try:
        yield
    except WorkbenchError as error:
        raise Usage(str(error)) from None


class Parser(argparse.ArgumentParser):
    """Complains in one sentence instead of a usage text."""

    def error(self, message: str) -> NoReturn:
        raise Usage(f"{message[:1].upper()}{message[1:].rstrip('.')}; see '{self.prog} --help'.")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    made = Parser("python -m workbench", description="Decode step by step, record, check and measure.")
    commands = made.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)
    _listing(commands, "methods", "list the decoding methods")
    _listing(commands, "models", "list the models on the shelf")
    _run(commands)
    _check(commands)
    _export(commands)
    _import(commands)
    _sweep(commands)
    _bench(commands)
    _calibrate(commands)
    _lab(commands)
    _docs(commands)
    _handed_over(commands, "train", "train or export an embedded model (see 'train --help')")
    _handed_over(commands, "eval", "measure the embedded models on held-out prompts (see 'eval --help')")
    _handed_over(commands, "ui", "start the page in the browser (see 'ui --help')")
    return made


def _run(commands: Any) -> None:
    run = commands.add_parser("run", help="decode a prompt; prints the decoded text and nothing else")
    run.add_argument("method", metavar="METHOD")
    prompt = run.add_mutually_exclusive_group()
    prompt.add_argument("--prompt", metavar="TEXT")
    prompt.add_argument("--prompt-file", metavar="FILE")
    prompt.add_argument("--task", metavar="NAME:SEED", help="a generated prompt with a known answer")
    _models(run)
    run.add_argument("--set", action="append", default=[], type=_pair("KNOB=VALUE"), metavar="KNOB=VALUE")
    run.add_argument(
        "--intervene", action="append", default=[], type=_intervention, metavar="ACT",
        help="do something to the run, from an event of its trace on: " + "; ".join(FORMS.values())
        + "; may be given more than once, in the order of the events",
    )  # fmt: skip
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--max-tokens", type=int, default=64)
    run.add_argument("--detail", choices=("full", "decisions"), default="full")
    run.add_argument(
        "--out", metavar="FILE", help="the trace: .json, .jsonl (a live journal), either with .gz"
    )
    _device(run)
    run.set_defaults(command=_later("run"))


def _check(commands: Any) -> None:
    check = commands.add_parser("check", help="recompute every verdict of a recorded trace")
    check.add_argument("file", metavar="FILE")
    check.add_argument("--rerun", action="store_true", help="run the request again and compare the bytes")
    _models(check)
    check.set_defaults(command=_later("check"))


def _export(commands: Any) -> None:
    export = commands.add_parser("export", help="a trace as CSV, replay, GIF, timeline, notebook, ...")
    export.add_argument("file", metavar="TRACE", nargs="?", help="a trace, or any export that carries one")
    export.add_argument("out", metavar="OUT", nargs="?", help="the file to write; its ending says the format")
    export.add_argument("--beside", metavar="TRACE", help="a second run, where the format holds two")
    export.add_argument("--theme", choices=("light", "dark"), default="light")
    export.add_argument("--list", action="store_true", help="show the formats")
    export.set_defaults(command=_later("export"))


def _import(commands: Any) -> None:
    taken = commands.add_parser("import", help="open an export again, or counts of another engine")
    taken.add_argument("file", metavar="FILE")
    taken.add_argument("--out", metavar="TRACE", help="write the trace that it carries, as JSON")
    taken.add_argument("--json", action="store_true", help="counts as JSON")
    taken.set_defaults(command=_later("import_"))


def _sweep(commands: Any) -> None:
    sweep = commands.add_parser(
        "sweep", help="many methods on many prompts, into one table of scores and costs"
    )
    sweep.add_argument("--methods", required=True, metavar="A,B,C")
    sweep.add_argument("--tasks", default="", metavar="T1,T2")
    sweep.add_argument(
        "--prompts",
        metavar="FILE",
        help="prompts of your own: .jsonl with prompt, answer and id, or a line each",
    )
    sweep.add_argument("--n", type=int, default=10, help="prompts of each task (default 10)")
    sweep.add_argument(
        "--grid", action="append", default=[], type=_pair("KNOB=V1,V2"), metavar="KNOB=V1,V2",
        help="values of a knob, or of METHOD.KNOB; every combination is run",
    )  # fmt: skip
    sweep.add_argument("--out", required=True, metavar="DIR", help="a new folder, or one to go on with")
    sweep.add_argument("--workers", type=int, default=1, help="processes (default 1)")
    sweep.add_argument(
        "--report", action="append", default=[], metavar="FILE",
        help="statistics of all rows: .json has every aggregate, .html is a dashboard that opens from disk",
    )  # fmt: skip
    _models(sweep)
    sweep.add_argument("--seed", type=int, default=0)
    sweep.add_argument(
        "--repeats", type=int, default=1, help="seeds for each prompt, from --seed up (default 1)"
    )
    sweep.add_argument("--max-tokens", type=int, default=32)
    sweep.add_argument("--detail", choices=("full", "decisions"), default="full")
    _device(sweep)
    sweep.set_defaults(command=_later("sweep"))


def _bench(commands: Any) -> None:
    bench = commands.add_parser("bench", help="measure, side by side with others")
    bench.add_argument("what", choices=("speed",))
    bench.add_argument("--json", action="store_true")
    bench.add_argument("--only", metavar="A,B", help="these parts alone")
    bench.add_argument("--turns", type=int, default=7, help="repeats of every timing (default 7)")
    bench.add_argument(
        "--silent-layers", type=int, default=0, metavar="N",
        help="give every model N more layers that change nothing but the cost of a pass",
    )  # fmt: skip
    _device(bench)
    bench.set_defaults(command=_later("bench"))


def _calibrate(commands: Any) -> None:
    calibrate = commands.add_parser("calibrate", help="propose thresholds for a masked model")
    _models(calibrate)
    calibrate.add_argument("--method", default="", help="the knobs of this method alone")
    calibrate.add_argument("--n", type=int, default=40, help="prompts of the reference run (default 40)")
    calibrate.add_argument("--json", action="store_true")
    calibrate.set_defaults(command=_later("calibrate"))


def _lab(commands: Any) -> None:
    lab = commands.add_parser("lab", help="see what breaks: exact laws of mistakes and of refused pairs")
    lab.add_argument("--rule", default="", help="a verification rule, as published unless --mistake is given")
    lab.add_argument("--mistake", default="", help="a mistake; without one and without --rule: all of them")
    lab.add_argument("--seed", type=int, default=0, help="seed of the two tables (default 0)")
    lab.add_argument("--drafter", default="", help="a pair that the menu refuses: its drafter, with --verify")
    lab.add_argument("--verify", default="", help="the rule that the drafts are handed to, refused or not")
    lab.add_argument("--shape", default="", help="of the drafts (default: the first that the drafter has)")
    lab.add_argument("--siblings", default="", help="how they are chosen (default: as the drafter can)")
    lab.add_argument(
        "--vocabulary", type=int, help="tokens in the vocabulary: 3 or 4 (default 4, of a pair 3)"
    )
    lab.add_argument("--temperature", type=float, default=1.0)
    lab.add_argument("--json", action="store_true")
    lab.set_defaults(command=_later("lab"))


def _docs(commands: Any) -> None:
    docs = commands.add_parser("docs", help="write docs/METHODS.md from the catalogue")
    docs.add_argument("--stdout", action="store_true", help="print it instead")
    docs.set_defaults(command=_later("docs"))


def _listing(commands: Any, name: str, help: str) -> None:
    listing = commands.add_parser(name, help=help)
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(command=_later(name))


def _handed_over(commands: Any, name: str, help: str) -> None:
    """A command with a command line of its own: everything behind its name goes there."""
    command = commands.add_parser(name, help=help, add_help=False, prefix_chars="\0")
    command.add_argument("rest", nargs=argparse.REMAINDER)
    command.set_defaults(command=_later(name))


def _models(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model",
        action="append",
        default=[],
        type=_pair("ROLE=NAME"),
        metavar="ROLE=NAME",
        help="an embedded name, a folder, or a hub id that is on this machine",
    )


def _device(command: argparse.ArgumentParser) -> None:
    command.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    command.add_argument("--dtype", default="auto", help="auto, float32, bfloat16 or float16")


def _pair(shape: str) -> Callable[[str], tuple[str, str]]:
    def parse(text: str) -> tuple[str, str]:
        name, mark, value = text.partition("=")
        if not name or not mark:
            raise argparse.ArgumentTypeError(f"'{text}' is not of the form {shape}")
        return name, value

    return parse


def _intervention(text: str) -> Intervention:
    with asking():
        return parse(text)


def _later(name: str) -> Command:
    """The command of this name, imported when it is called: a list must not wait for all the rest."""

    def call(options: argparse.Namespace) -> int:
        return importlib.import_module(f"workbench.cli.{name}").command(options)

    return call
