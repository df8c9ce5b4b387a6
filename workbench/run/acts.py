"""What a person may do to a run, as text: the forms of an intervention, and what no run could be told."""

from collections.abc import Mapping, Sequence

from workbench.trace import ACTS, Intervention, WorkbenchError

FORMS: Mapping[str, str] = {
    "force": "force:EVENT:POSITION:TOKEN",
    "ban": "ban:EVENT:POSITION:TOKEN",
    "lift": "lift:EVENT:POSITION:TOKEN (without TOKEN: what was guessed there last)",
    "mask": "mask:EVENT:POSITION",
    "close": "close:EVENT:LANE",
}
"""How an act is written on a command line; numbers are as a trace has them, and TOKEN is an id."""
MOST = 64
"""Interventions that one run may have."""


def parse(text: str) -> Intervention:
    """An intervention from its text, as `str` gives it. Raises WorkbenchError with the form expected."""
    act, *rest = text.split(":")
    if act not in FORMS:
        raise WorkbenchError(f"'{text[:60]}' is no intervention; the forms are: {'; '.join(FORMS.values())}.")
    wanted = {"mask": (2,), "close": (2,), "lift": (2, 3)}.get(act, (3,))
    if len(rest) not in wanted or not all(part.isdecimal() and len(part) < 10 for part in rest):
        raise WorkbenchError(f"'{text[:60]}' is not of the form {FORMS[act]}.")
    at, place, token = [*map(int, rest), -1][:3]
    return Intervention(at, act, place, -1, -1) if act == "close" else Intervention(at, act, -1, place, token)


def checked(interventions: Sequence[Intervention]) -> None:
    """Refuse what no run could be told, whatever its method."""
    if len(interventions) > MOST:
        raise WorkbenchError(f"A run takes {MOST} interventions at most; {len(interventions)} were given.")
    last = 0
    for each in interventions:
        if each.act not in ACTS:
            raise WorkbenchError(f"'{each.act[:40]}' is no act; there are: {', '.join(ACTS)}.")
        if each.at < last:
            raise WorkbenchError(
                f"'{each}' begins at event {each.at}, before the intervention in front of it; "
                "give them in the order of their events, from 0 on."
            )
        last = each.at


def counted(interventions: Sequence[Intervention]) -> str:
    """'1 intervention', '2 interventions'."""
    return f"{len(interventions)} intervention{'s' * (len(interventions) != 1)}"


def unused(each: Intervention, events: int) -> str:
    """The sentence for an intervention that changed nothing."""
    if each.at >= events:
        return (
            f"'{each}' never began: the run has only {events} events. Name an event of the run that "
            "is to be changed."
        )
    return (
        f"'{each}' changed nothing: from event {each.at} on this place was not decided again. Name "
        "an earlier event, or another place."
    )
