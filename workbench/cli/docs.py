"""`docs`: docs/METHODS.md, written from the catalogue; a test keeps it current."""

import argparse
import inspect
import itertools
import math
from collections.abc import Iterable
from pathlib import Path

from workbench.methods.api import Knob, Method, always
from workbench.methods.catalogue import FAMILIES, catalogue
from workbench.trace import Rule

PAGE = Path(__file__).resolve().parents[2] / "docs" / "METHODS.md"
COUNTABLE = 20_000
"""How many combinations of choices are asked about one by one."""
HEAD = """# The methods

Written by `python -m workbench docs` from the declarations in `workbench/methods`; do not edit by hand.
"""


def command(options: argparse.Namespace) -> int:
    """Write the page (or print it)."""
    if options.stdout:
        print(page(), end="")
        return 0
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def page() -> str:
    """The whole page, family by family."""
    methods = catalogue().values()
    parts = [HEAD, _overview(methods)]
    for family in FAMILIES:
        mine = [method for method in methods if method.family == family]
        if mine:
            parts.append(f"## {family.capitalize()}\n")
            parts += [_section(method) for method in mine]
    return "\n".join(parts)


def _overview(methods: Iterable[Method]) -> str:
    rows = [
        f"| [`{m.id}`](#{m.id}) | {m.title} | {m.guarantee.promise.value} | {_needs(m)} | {m.status} |"
        for m in methods
    ]
    return "\n".join(["| id | method | promise | needs | status |", "|---|---|---|---|---|", *rows, ""])


def _section(method: Method) -> str:
    year = f" ({method.year})" if method.year else ""
    parts = [
        f'<a id="{method.id}"></a>\n',
        f"### {method.title}{year}\n",
        f"{inspect.cleandoc(method.doc)}\n",
        f"- **Promise**: {method.guarantee.promise.value}. {method.guarantee.sentence}",
        *_varying(method),
        f"- **Needs**: {_needs(method)}",
        f"- **Status**: {method.status}",
        f"- **File**: [`{_file(method)}`](../{_file(method)})",
    ]
    if method.paper:
        parts.append(f"- **Paper**: {method.paper}")
    parts.append("")
    if method.knobs:
        parts += ["| knob | default | range | meaning |", "|---|---|---|---|", *map(_knob, method.knobs), ""]
    if method.rules:
        parts += ["| rule | test |", "|---|---|", *map(_rule, method.rules), ""]
    if method.measures:
        parts += ["| measure | formula | unit |", "|---|---|---|"]
        parts += [f"| {m.title} | {_cell(m.formula)} | {m.unit} |" for m in method.measures] + [""]
    return "\n".join(parts)


def _varying(method: Method) -> list[str]:
    """What other choices promise, and how many choices go together."""
    lines: list[str] = []
    for knob in method.knobs:
        for choice in knob.options:
            params = method.nearest(method.values({knob.name: choice}), keep=(knob.name,))
            if params is not None and (other := method.promise(params)) != method.guarantee:
                lines.append(f"- **With `{knob.name}` {choice}**: {other.promise.value}. {other.sentence}")
    if method.legal is not always:
        lines.append(
            f"- **Combinations**: {_together(method)} What does not go together is refused with the reason."
        )
    return lines


def _together(method: Method) -> str:
    """How many combinations go together at the default numbers, where there are few enough to count."""
    lists = [knob for knob in method.knobs if knob.options]
    every = math.prod(len(knob.options) for knob in lists)
    if every > COUNTABLE:
        return f"{every:,} combinations can be asked for."
    names = [knob.name for knob in lists]
    given = (
        dict(zip(names, values, strict=True)) for values in itertools.product(*(k.options for k in lists))
    )
    count = sum(not method.legal(method.values(each)) for each in given)
    which = f"{count} of {every} choices" if count < every else "all choices"
    return f"{which} go together at the default numbers."


def _knob(knob: Knob) -> str:
    bounded = not knob.choices and not isinstance(knob.default, bool)
    allowed = knob.range if bounded else " or ".join(knob.choices) or "true or false"
    return f"| `{knob.name}` | {knob.default} | {_cell(allowed)} | {_cell(knob.help)} |"


def _rule(rule: Rule) -> str:
    return f"| {rule.title} | {_cell(f'{rule.left} {rule.op} {rule.right}')} |"


def _needs(method: Method) -> str:
    return ", ".join(f"{role}: {capability}" for role, capability in method.needs.items())


def _file(method: Method) -> str:
    return f"{method.body.__module__.replace('.', '/')}.py"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
