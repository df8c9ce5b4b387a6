"""What is asked for: a method, its knobs, a model per role, a prompt, a budget and a seed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.run.acts import checked
from workbench.trace import Header, Intervention, Value, WorkbenchError

FULL, DECISIONS = "full", "decisions"
DETAILS = (FULL, DECISIONS)
MAX_TOKENS = 1024
"""The largest budget that one run may ask for."""

DEFAULT_MODELS: Mapping[str, str] = {"target": "ar-target", "draft": "ar-drafter", "denoiser": "masked"}
"""The embedded model that plays a role unless another is named."""


@dataclass(frozen=True)
class Request:
    """Everything that determines a run; two equal requests on the same weights give the same events."""

    method: str
    prompt: str
    knobs: dict[str, Value] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    max_tokens: int = 64
    detail: str = FULL
    device: str = "auto"
    dtype: str = "auto"
    interventions: tuple[Intervention, ...] = ()
    """What a person does to the run, in the order of their events."""

    def checked(self) -> "Request":
        """This request, or the first sentence that says what is wrong with its plain values."""
        if not self.prompt.strip():
            raise WorkbenchError("The prompt is empty; type a text or choose one of the tasks.")
        if not 1 <= self.max_tokens <= MAX_TOKENS:
            raise WorkbenchError(f"max_tokens = {self.max_tokens} is out of range; give 1 to {MAX_TOKENS}.")
        if not 0 <= self.seed < 2**53:
            raise WorkbenchError(
                f"seed = {self.seed} is out of range; give a whole number from 0 to 2^53 - 1."
            )
        if self.detail not in DETAILS:
            raise WorkbenchError(f"detail = {self.detail!r} is not one of: {', '.join(DETAILS)}.")
        checked(self.interventions)
        return self

    @staticmethod
    def of(header: Header) -> "Request":
        """The request that a recorded run answered; the models by the names they had."""
        return Request(
            method=header.method,
            prompt=header.prompt,
            knobs=dict(header.knobs),
            models={card.role: card.name for card in header.models},
            seed=header.seed,
            max_tokens=header.max_tokens,
            detail=header.detail,
            device=header.device,
            dtype=header.dtype,
            interventions=header.interventions,
        )
