"""What a person does to a run while it is being replayed: the list, and what of it has come due.

Time is counted in recorded events. A pass belongs to the index that its Forward event will have, so that all
events before an intervention's `at` are the same with and without it.
"""

from collections.abc import Callable, Sequence

from workbench.trace import Intervention, Source

YOU = Source("you", "you, by hand", "user")
BY_HAND = "by hand"
"""Why a cell became blank again, or a lane ended."""
EDITS = ("force", "ban")
"""Acts that change what the deciding models say; the others change the canvas or the lanes."""


class Hand:
    """The interventions of one run. `now()` is the index that the next event will have (the recorder's)."""

    def __init__(self, wanted: Sequence[Intervention] = ()) -> None:
        self.wanted = tuple(wanted)
        self.now: Callable[[], int] = int
        self._edits = tuple(each for each in self.wanted if each.act in EDITS)
        self._done: set[int] = set()
        self._held = 0

    def edits(self) -> tuple[Intervention, ...]:
        """What is forced and banned now, in the order in which it came."""
        if not self._edits:
            return ()
        now = self.now()
        return tuple(each for each in self._edits if each.at <= now)

    def more(self) -> bool:
        """Whether something is forced or banned that was not when this was asked last: what a method
        remembers of earlier readings does not know of it."""
        before, self._held = self._held, len(self.edits())
        return self._held > before

    def due(self, *acts: str) -> list[Intervention]:
        """Acts of these kinds whose time has come; each is handed out once, and is to be done."""
        if len(self._done) == len(self.wanted):
            return []
        now = self.now()
        found = [
            (at, each)
            for at, each in enumerate(self.wanted)
            if each.act in acts and each.at <= now and at not in self._done
        ]
        self._done.update(at for at, _ in found)
        return [each for _, each in found]

    def did(self, edit: Intervention) -> None:
        """A reading was changed by this force or ban."""
        self._done.add(self.wanted.index(edit))

    @property
    def idle(self) -> Intervention | None:
        """The first intervention that changed nothing."""
        return next((each for at, each in enumerate(self.wanted) if at not in self._done), None)
