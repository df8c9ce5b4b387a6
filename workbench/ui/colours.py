"""The style sheets as the page serves them: colours once, and rules that gradio cannot override."""

import re
from collections.abc import Mapping
from pathlib import Path

STATIC = Path(__file__).with_name("static")
SHEETS = ("page.css", "share.css", "tours.css", "waiting.css")
BOOST = ":not(#wb)"
"""Matches everything, and weighs as much as an id: gradio's reset (`.gradio-container button`) loses."""
COMMENT = re.compile(r"/\*.*?\*/", re.S)
RULE = re.compile(r"(?P<before>[^{}]*)(?P<brace>[{}])")


def page_style(colours: Mapping[str, tuple[str, str]]) -> str:
    """The colours for both modes, and the page's own rules."""
    light = "".join(f"--dw-{name}:{pair[0]};" for name, pair in colours.items())
    dark = "".join(f"--dw-{name}:{pair[1]};" for name, pair in colours.items())
    rules = "".join(firm(STATIC.joinpath(name).read_text(encoding="utf-8")) for name in SHEETS)
    return f":root{{{light}color-scheme:light}}\n.dark{{{dark}color-scheme:dark}}\n{rules}"


def firm(sheet: str) -> str:
    """The same rules, each heavier by one id, so that their order among themselves stays as it is."""
    made: list[str] = []
    open_rules: list[str] = []
    for match in RULE.finditer(COMMENT.sub("", sheet)):
        before, brace = match["before"], match["brace"]
        if brace == "}":
            made.append(f"{before}}}")
            del open_rules[-1:]
            continue
        start, _, selector = before.rpartition(";")
        frames = any(rule.startswith("@keyframes") for rule in open_rules)
        plain = selector.strip().startswith("@") or frames
        heavy = selector if plain else ", ".join(map(_heavier, _parts(selector)))
        made.append(f"{start};{heavy}{{" if start else f"{heavy}{{")
        open_rules.append(selector.strip())
    return "".join(made)


def _heavier(selector: str) -> str:
    """One selector with the boost, before its pseudo-element if it has one."""
    name, pseudo, rest = selector.strip().partition("::")
    return f"{name}{BOOST}{pseudo}{rest}"


def _parts(selectors: str) -> list[str]:
    """A selector list at its outer commas."""
    parts, depth = [""], 0
    for char in selectors:
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return parts
