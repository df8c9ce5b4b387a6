"""The page's style sheet: the pictures' colours as custom properties, then our own rules."""

from collections.abc import Mapping
from pathlib import Path

STYLE = Path(__file__).with_name("static") / "page.css"


def page_style(colours: Mapping[str, tuple[str, str]]) -> str:
    """The colours for both modes, and the rules that use them."""
    light = "".join(f"--dw-{name}:{pair[0]};" for name, pair in colours.items())
    dark = "".join(f"--dw-{name}:{pair[1]};" for name, pair in colours.items())
    rules = STYLE.read_text(encoding="utf-8")
    return f":root{{{light}color-scheme:light}}\n.dark{{{dark}color-scheme:dark}}\n{rules}"
