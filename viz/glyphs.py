"""Fills as text: in sentences (quoted, whitespace made visible) and in running text (as it is)."""

from collections.abc import Mapping, Sequence

from workbench.trace import Blend, Fill, Label, Token, Vector
from workbench.trace.text import pieces, text_of

_VISIBLE = str.maketrans({" ": "·", "\n": "↵", "\t": "⇥", "\r": "␍"})


def piece(id: int, tokens: Mapping[int, bytes]) -> str | list[int]:
    """A token's text where it is text on its own, otherwise its bytes."""
    raw = tokens.get(id)
    if raw is None:
        return f"⟨{id}⟩"
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return list(raw)


def plain(fill: Fill | None, tokens: Mapping[int, bytes]) -> str:
    """The text of a fill, for running text and tables."""
    match fill:
        case None:
            return ""
        case Token(id):
            return pieces([id], tokens)[0]
        case Blend(ids, weights):
            best = max(range(len(ids)), key=weights.__getitem__)
            return f"≈{plain(Token(ids[best]), tokens)}"
        case Vector(xs):
            return f"vector of {len(xs)}"
        case Label(text):
            return text


def running(fills: Sequence[Fill], tokens: Mapping[int, bytes]) -> str:
    """Neighbouring fills as one text: a character that is split over tokens becomes whole."""
    if all(isinstance(fill, Token) for fill in fills):
        return text_of([fill.id for fill in fills if isinstance(fill, Token)], tokens)
    return "".join(plain(fill, tokens) for fill in fills)


def quoted(fill: Fill | None, tokens: Mapping[int, bytes]) -> str:
    """The text of a fill in quotes, as sentences show it."""
    return f"‘{visible(plain(fill, tokens))}’"


def visible(text: str) -> str:
    """Text whose whitespace and control characters can be seen."""
    shown = text.translate(_VISIBLE)
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)


def number(value: float) -> str:
    """A number as sentences show it: short, with three or four significant digits."""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    if abs(value) >= 1000:
        return f"{value:.0f}"
    if abs(value) >= 1:
        return f"{value:.4g}"
    if abs(value) < 0.001:
        return f"{value:.2g}"
    short = f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{value:.6g}" if short in ("1", "-1") else short


def numbers(left: float, right: float) -> tuple[str, str]:
    """Two numbers that are compared: with more digits where they would look alike."""
    short = number(left), number(right)
    for digits in (6, 9, 12, 17):
        if short[0] != short[1] or left == right:
            break
        short = f"{left:.{digits}g}", f"{right:.{digits}g}"
    return short
