"""The text that a run decoded, and whether it is the known answer of its task."""

from dataclasses import dataclass

from workbench import tasks
from workbench.run.answer import answer_ids
from workbench.trace import Trace, WorkbenchError, text_of


@dataclass(frozen=True)
class Known:
    """A prompt with a known answer: which task, which seed."""

    task: str
    seed: int

    def instance(self) -> tasks.Instance:
        """The instance; raises WorkbenchError for a task that does not exist."""
        if self.task not in tasks.TASKS:
            raise WorkbenchError(f"There is no task '{self.task}'; there are: {', '.join(tasks.TASKS)}.")
        if not 0 <= self.seed < 2**31:
            raise WorkbenchError(f"task seed = {self.seed} is out of range; give 0 to {2**31 - 1}.")
        return tasks.make(self.task, self.seed)


@dataclass(frozen=True)
class Outcome:
    """Whether the decoded text is right; `text` is the sentence, `known` the answer that was known."""

    right: bool
    text: str
    known: str


def outcome(known: Known, trace: Trace) -> Outcome | None:
    """Score a run; None where its prompt is not the task's, or where it did not come to its end."""
    instance = known.instance()
    if instance.prompt != trace.header.prompt or trace.footer.status != "complete":
        return None
    found = tasks.score(instance, decoded(trace))
    reason = "Right answer." if found.right else f"Wrong answer: {found.reason.rstrip('.')}."
    return Outcome(found.right, reason, instance.answer)


def decoded(trace: Trace) -> str:
    """The answer's text, without the prompt and without the end-of-text token."""
    return text_of(answer_ids(trace), trace.tokens)
