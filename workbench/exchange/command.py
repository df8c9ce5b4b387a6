"""The command line that runs a request again."""

import shlex
from collections.abc import Mapping, Sequence

from workbench.trace import Header, Value


def command_words(
    method: str,
    prompt: Sequence[str],
    knobs: Mapping[str, Value],
    models: Mapping[str, str],
    seed: int,
    max_tokens: int,
    more: Sequence[str] = (),
) -> list[str]:
    """`prompt` is ("--prompt", text) or ("--task", "name:seed"); `more` are words that follow."""
    words = ["python", "-m", "workbench", "run", method]
    for role, name in models.items():
        words += ["--model", f"{role}={name}"]
    words += _joined(prompt)
    for name, value in knobs.items():
        words += ["--set", f"{name}={text(value)}"]
    return [*words, "--seed", str(seed), "--max-tokens", str(max_tokens), *more]


def _joined(option: Sequence[str]) -> list[str]:
    """An option and its value; in one word where the value would pass for an option."""
    name, value = option
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def command_line(words: Sequence[str]) -> str:
    """The words as a person types them in a shell."""
    return shlex.join(words)


def text(value: Value) -> str:
    """A knob's value as a link and a command line carry it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def words_of(header: Header) -> list[str]:
    """The command that runs a recorded request again."""
    models = {card.role: card.name for card in header.models}
    more = [] if header.detail == "full" else ["--detail", header.detail]
    more += ["--device", header.device, "--dtype", header.dtype]
    more += [word for each in header.interventions for word in ("--intervene", str(each))]
    prompt = ("--prompt", header.prompt)
    return command_words(header.method, prompt, header.knobs, models, header.seed, header.max_tokens, more)
