"""The third depth of checking: the same request on the same weights gives the same bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.models.shelf import Loaded, Shelf
from workbench.run.perfect import is_oracle, open_model
from workbench.run.prepare import Prepared, prepare
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import Depth, Event, Problem, Trace, WorkbenchError, encode_events

COMPLETE = "complete"


@dataclass(frozen=True)
class Replay:
    """What came out of running a recorded request again. `events` were compared."""

    problems: tuple[Problem, ...]
    events: int
    status: str

    depth = Depth.REPLAYED

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def badge(self) -> str:
        """One sentence for people."""
        if self.problems:
            return f"Mismatch: {self.problems[0].sentence}"
        ended = (
            "" if self.status == COMPLETE else f" The run is {self.status}: its events were the first ones."
        )
        return f"Replayed: the same request gives the same {self.events} events, byte for byte.{ended}"


def replay(trace: Trace, shelf: Shelf, models: Mapping[str, str] | None = None) -> Replay:
    """Run the trace's request again and compare. `models`: role -> name, for models that moved.

    Raises WorkbenchError where the same weights are not at hand: that is no mismatch of the trace.
    """
    prepared = _prepared(trace, shelf, models or {})
    recording = Recording(prepared)
    wanted = len(trace.events)
    for count in recording.batches():
        if trace.footer.status != COMPLETE and count >= wanted:
            break
    again = recording.events if trace.footer.status == COMPLETE else recording.events[:wanted]
    found = first_difference(trace.events, again)
    problems = () if found is None else (found,)
    return Replay(problems, min(wanted, len(again)), trace.footer.status)


def first_difference(recorded: Sequence[Event], again: Sequence[Event]) -> Problem | None:
    """Where two runs part, as a problem of the recorded one; None if their bytes are equal."""
    if len(recorded) == len(again) and encode_events(recorded) == encode_events(again):
        return None
    for index, (old, new) in enumerate(zip(recorded, again, strict=False)):
        if encode_events([old]) != encode_events([new]):
            verb, other = type(old).__name__, type(new).__name__
            how = f"a {other} instead of the recorded {verb}" if verb != other else f"another {verb}"
            return Problem(index, Depth.REPLAYED, f"Event {index}: running the request again gives {how}.")
    index = min(len(recorded), len(again))
    return Problem(
        index,
        Depth.REPLAYED,
        f"Event {index}: running the request again gives {len(again)} events, {len(recorded)} were recorded.",
    )


def _prepared(trace: Trace, shelf: Shelf, models: Mapping[str, str]) -> Prepared:
    """The run about to start, after every role was found to have the recorded weights."""
    request = Request.of(trace.header)
    listed = {entry.name for entry in shelf.list()}
    for card in trace.header.models:
        name = models.get(card.role)
        if name is None and card.name not in listed and not is_oracle(card.name):
            raise WorkbenchError(
                f"The {card.role} of this trace, '{card.name}', is not on the shelf of this machine; "
                f"say where it is with --model {card.role}=FOLDER."
            )
        loaded = open_model(shelf, name or card.name, request.device, request.dtype, request.prompt)
        _same_weights(card.role, card.name, card.sha256, loaded)
        request.models[card.role] = name or card.name
    prepared = prepare(request, shelf)
    if prepared.header.prompt_ids != trace.header.prompt_ids:
        raise WorkbenchError(
            "The prompt becomes other tokens here than in the recorded run: the tokenizer or its template "
            "has changed, so the run cannot be repeated."
        )
    return prepared


def _same_weights(role: str, name: str, recorded: str, loaded: Loaded) -> None:
    found = loaded.sha256
    if found != recorded:
        raise WorkbenchError(
            f"The weights of the {role} '{name}' are not those of the recorded run (sha256 {found[:12]}..., "
            f"recorded {recorded[:12]}...): the run cannot be repeated here."
        )
