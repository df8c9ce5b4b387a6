"""What a round came to, in two or three sentences made of its own counts.

A verdict has its sentence from its rule (`viz.words`); a round has none in the trace, because
nothing in it is decided as a whole. What is said here is therefore counted, never interpreted.
"""

from collections.abc import Mapping
from typing import Any

from viz.glyphs import number
from viz.words import count

FATES: tuple[tuple[str, str, str], ...] = (
    # count of the round's line: what is said of one, of several
    ("accepted", "became text", "became text"),
    ("rejected", "was rejected", "were rejected"),
    ("unexamined", "was never examined", "were never examined"),
    ("pruned", "was pruned before it was verified", "were pruned before they were verified"),
    ("unused", "was not used", "were not used"),
)


def told(line: Mapping[str, Any], holes: int | None, single: str = "") -> str:
    """The sentences of a round.

    holes: open cells of the answer after it, None without a canvas. single: the token, if it is the only one.
    """
    said = _drafts(line, holes is not None)
    if not said:
        said = _canvas(line, holes, single) if holes is not None else _candidates(line, single)
    return " ".join([*said, _bought(line)])


def _drafts(line: Mapping[str, Any], canvas: bool) -> list[str]:
    many = sum(line[name] for name, *_ in FATES)
    if not many:
        return []
    parts = [f"{line[name]} {one if line[name] == 1 else more}" for name, one, more in FATES if line[name]]
    said = [f"{count(many, 'draft')}: {', '.join(parts)}."]
    if line["ended"]:
        said.append(line["ended"][2])
    if line["bonus"]:
        who = "The model wrote" if canvas else "The target added"
        said.append(f"{who} {count(line['bonus'], 'token')} of its own.")
    return said


def _canvas(line: Mapping[str, Any], holes: int, single: str) -> list[str]:
    wrote, back, name = line["committed"], line["retracted"], f", {single}" if single else ""
    before = holes + wrote - back
    taken = [f"{count(back, 'token')} {'was' if back == 1 else 'were'} taken back."] if back else []
    if not before:
        return ["Nothing was open.", *taken]
    left = f"; {holes or 'none'} {'is' if holes <= 1 else 'are'} open after it"
    if wrote == before:
        what = f"All {before} open positions were" if wrote > 1 else "The last open position was"
        said = [f"{what} written{name}."]
    else:
        verb = "was" if wrote == 1 else "were"
        said = [f"{wrote or 'None'} of {count(before, 'open position')} {verb} written{name}{left}."]
    said += taken
    if line["sure"] and line["sure"][5] > 1:
        low, high = number(line["sure"][0]), number(line["sure"][4])
        had = f"probabilities from {low} to {high}" if low != high else f"probability {low} each"
        said.append(f"Its guesses had {had}.")
    return said


def _candidates(line: Mapping[str, Any], single: str) -> list[str]:
    many = line["weighed"]
    if many <= 1:
        return [f"{single} was written."] if single else []
    return [f"{line['committed'] or 'None'} of {count(many, 'candidate')} were kept."]


def _bought(line: Mapping[str, Any]) -> str:
    tokens = count(line["committed"], "token") if line["committed"] else "No token"
    tokens += f" in {line['lanes']} lanes" if line["lanes"] > 1 else ""
    own, other = line["target"], line["passes"] - line["target"]
    paid = [f"{own} {_passes(own)}" + (" of the target" if other else "")] if own else []
    if other:
        paid.append(f"{other} {'other ' if own else ''}{_passes(other)}")
    return f"{tokens} for {' and '.join(paid) or 'no pass of its own'}."


def _passes(many: int) -> str:
    return "pass" if many == 1 else "passes"
