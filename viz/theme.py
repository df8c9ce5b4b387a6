"""Colours once. Python specs, the player's CSS and exports all read these tables.

The hues derive from the Okabe-Ito set, so that they stay apart for colour-blind readers; each
verdict also has a shape, a glyph and a hatch, so that colour never speaks alone.
"""

from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["light", "dark"]

TOKENS: dict[str, tuple[str, str]] = {
    # name: (light, dark)
    "ink": ("#1a2029", "#e6e9ee"),
    "muted": ("#5a6573", "#9aa5b4"),
    "faint": ("#626c79", "#8f9aaa"),
    "line": ("#e0e4ea", "#2c333d"),
    "surface": ("#ffffff", "#14181e"),
    "raised": ("#f6f7f9", "#1b2027"),
    "sunken": ("#eef0f3", "#0f1216"),
    "accent": ("#2b5fd9", "#7ea6ff"),
    "accent-soft": ("#e6edfc", "#1f2c4a"),
    "accepted": ("#007a5a", "#3ecfa0"),
    "rejected": ("#bb3d0a", "#ff8a5c"),
    "unexamined": ("#8d97a4", "#6b7685"),
    "pruned": ("#9b8aa8", "#8d7f9c"),
    "committed": ("#0067ab", "#63b3ed"),
    "open": ("#8d97a4", "#7b8696"),
    "proposed": ("#5a6573", "#9aa5b4"),
    "remasked": ("#a2327f", "#ec8ccb"),
    "draft": ("#007a5a", "#3ecfa0"),
    "residual": ("#8f5a00", "#f0b34a"),
    "bonus": ("#0067ab", "#63b3ed"),
    "target": ("#1a2029", "#e6e9ee"),
    "confidence": ("#0067ab", "#63b3ed"),
    "given": ("#5a6573", "#9aa5b4"),
    "ramp-low": ("#e8eef5", "#1d2632"),
    "ramp-mid": ("#86b3d4", "#33679a"),
    "ramp-high": ("#0a4f86", "#a9dcff"),
    "a": ("#2b5fd9", "#7ea6ff"),
    "b": ("#8f5a00", "#f0b34a"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """How one verdict or birth is drawn: colour token, node shape, glyph, hatch or not, one sentence."""

    token: str
    shape: str
    glyph: str
    hatch: bool
    title: str
    meaning: str


STATUSES: tuple[str, ...] = (
    "proposed",
    "accepted",
    "rejected",
    "unexamined",
    "pruned",
    "committed",
    "open",
    "remasked",
)
"""The fates of a candidate; reels name them by index."""

BIRTHS: tuple[str, ...] = ("draft", "residual", "bonus", "target", "confidence", "given")
"""Where a committed token came from; reels name them by index."""

LOOKS: dict[str, Look] = {
    "proposed": Look("proposed", "dashed", "·", False, "proposed", "On the table; nothing has decided yet."),
    "accepted": Look("accepted", "round", "✓", False, "accepted", "Passed its test."),
    "rejected": Look("rejected", "square", "×", False, "rejected", "Failed its test."),
    "unexamined": Look("unexamined", "ghost", "–", False, "never examined", "No test reached it."),
    "pruned": Look("pruned", "small", "⌄", True, "pruned", "Dropped before it was verified."),
    "committed": Look("committed", "solid", "●", False, "committed", "Became part of the text."),
    "open": Look("open", "dashed", "○", False, "held back", "Did not pass this time; its cell stays open."),
    "remasked": Look(
        "remasked", "hatched", "↺", True, "remasked", "Was in the text and was taken out again."
    ),
    "draft": Look("draft", "round", "✓", False, "draft", "Proposed by the draft, accepted by the target."),
    "residual": Look(
        "residual", "diamond", "◆", False, "residual", "Drawn from what is left after a rejection."
    ),
    "bonus": Look(
        "bonus", "star", "★", False, "bonus", "The target's own token after a fully accepted draft."
    ),
    "target": Look("target", "solid", "■", False, "target", "Chosen by the target model itself."),
    "confidence": Look(
        "confidence", "solid", "●", False, "unmasked", "A mask lifted, shaded by its probability."
    ),
    "given": Look("given", "plain", "", False, "given", "Not decoded: of the prompt, or by hand."),
}


def colour(name: str, mode: Mode = "light") -> str:
    """The hex value of a colour token."""
    return TOKENS[name][0 if mode == "light" else 1]


def resolve(spec: Any, mode: Mode = "light") -> Any:
    """A spec with every '@name' (or '@name/0.3', with opacity) replaced by a colour of that mode."""
    if isinstance(spec, dict):
        return {key: resolve(value, mode) for key, value in spec.items()}
    if isinstance(spec, list | tuple):
        return [resolve(value, mode) for value in spec]
    if isinstance(spec, str) and spec.startswith("@"):
        name, _, alpha = spec[1:].partition("/")
        if name in TOKENS:
            return _with_alpha(colour(name, mode), float(alpha)) if alpha else colour(name, mode)
    return spec


def css() -> str:
    """The custom properties of the player, light by default and dark under a `dark` class."""
    light = "".join(f"--dw-{name}:{pair[0]};" for name, pair in TOKENS.items())
    dark = "".join(f"--dw-{name}:{pair[1]};" for name, pair in TOKENS.items())
    return (
        f".dw{{{light}color-scheme:light}}\n.dark .dw:not(.dw-light),.dw.dw-dark{{{dark}color-scheme:dark}}\n"
    )


def _with_alpha(hex_colour: str, alpha: float) -> str:
    red, green, blue = (int(hex_colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"
