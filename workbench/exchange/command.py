"""The command line that runs a request again."""

import shlex
from collections.abc import Mapping

from workbench.trace import Header, Value


def command_line(
    method: str,
    prompt: tuple[str, str],
    knobs: Mapping[str, Value],
    models: Mapping[str, str],
    seed: int,
    max_tokens: int,
    more: tuple[str, ...] = (),
) -> str:
    """`prompt` is ("--prompt", text) or ("--task", "name:seed"); `more` are words that follow."""
    words = ["python", "-m", "workbench", "run", method]
    for role, name in models.items():
        words += ["--model", f"{role}={name}"]
    words += prompt
    for name, value in knobs.items():
        words += ["--set", f"{name}={text(value)}"]
    return shlex.join([*words, "--seed", str(seed), "--max-tokens", str(max_tokens), *more])


def text(value: Value) -> str:
    """A knob's value as a link and a command line carry it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def command_of(header: Header, *more: str) -> str:
    """The command line of a recorded run."""
    models = {card.role: card.name for card in header.models}
    detail = () if header.detail == "full" else ("--detail", header.detail)
    return command_line(
        header.method, ("--prompt", header.prompt), header.knobs, models, header.seed, header.max_tokens,
        (*detail, *more),
    )  # fmt: skip
