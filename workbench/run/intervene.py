"""What a person may do to a run: which acts a method allows, and the models and promises of a run under them.

An intervened run is the same request replayed with a list of interventions; see `methods.hand` for when each
holds and `models.edited` for what a forced or banned token does to a model's beliefs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.methods.api import Guarantee, Method, Promise
from workbench.methods.hand import EDITS, YOU, Hand
from workbench.models.edited import Edited
from workbench.run.acts import FORMS, counted
from workbench.trace import Intervention, Source, WorkbenchError

DRAFTERS = ("draft",)
"""Roles that only propose: what they say decides nothing, so a person need not tell them."""
NO_CANVAS = "{} writes from the left and has no masks to lift or put back; force or reject a token instead."
NO_LANES = "{} decodes one lane, which has to stay; force or reject a token instead."
INSIDE = ("layered", "headed", "latent")
NO_ROWS = "{} reads the inside of its network, which cannot be told which token to take."


def acts(method: Method) -> dict[str, str]:
    """Act -> '' where the method allows it, else the reason why not."""
    needs = set(method.needs.values())
    deaf = NO_ROWS.format(method.title) if needs & set(INSIDE) else ""
    canvas = "" if "masked" in needs else NO_CANVAS.format(method.title)
    lanes = "" if method.lanes else NO_LANES.format(method.title)
    return {"force": deaf, "ban": deaf, "lift": canvas, "mask": canvas, "close": lanes}


def refuse(
    interventions: Sequence[Intervention], method: Method, prompt: int, max_tokens: int, models: Sequence[Any]
) -> None:
    """Refuse what this run cannot be told. prompt: its tokens. models: those that decide."""
    allowed, answer = acts(method), range(prompt, prompt + max_tokens)
    masks = {model.mask_id for model in models if getattr(model, "mask_id", -1) >= 0}
    size = min(model.vocab_size for model in models)
    for each in interventions:
        said = str(each)
        if allowed[each.act]:
            raise WorkbenchError(f"'{said}' is not possible: {allowed[each.act]}")
        if each.act == "close":
            if each.lane < 1:
                raise WorkbenchError(f"'{said}' would end the answer itself; name a lane from 1 on.")
            continue
        if each.position not in answer:
            raise WorkbenchError(
                f"'{said}' is about position {each.position}, but the answer has the positions "
                f"{answer.start} to {answer.stop - 1}."
            )
        if each.token in masks:
            raise WorkbenchError(
                f"'{said}' names the mask, which is no token of a text; to put one back use {FORMS['mask']}."
            )
        if not (0 <= each.token < size or (each.token == -1 and each.act in ("lift", "mask"))):
            raise WorkbenchError(f"'{said}' names token {each.token}; the model has the ids 0 to {size - 1}.")


def decides(method: Method, role: str) -> bool:
    """Whether a role's beliefs decide what is written, in the target's tokens."""
    return role not in DRAFTERS and role not in method.own_tokens


def handed(method: Method, models: Mapping[str, Any], prompt: Sequence[int], hand: Hand) -> dict[str, Any]:
    """The models as this run reads them: those that decide are edited, if anything is forced or banned."""
    if not any(each.act in EDITS for each in hand.wanted):
        return dict(models)
    return {
        role: Edited(model, prompt, hand.edits, hand.did) if decides(method, role) else model
        for role, model in models.items()
    }


def nouns(interventions: Sequence[Intervention]) -> tuple[Source, ...]:
    """The sources that an intervened run speaks of beside its method's."""
    return (YOU,) if any(each.act == "lift" for each in interventions) else ()


def promised(guarantee: Guarantee, interventions: Sequence[Intervention]) -> Guarantee:
    """What is still promised: of the model as it was edited, and nothing of a text with a person's cells."""
    if not interventions:
        return guarantee
    count = counted(interventions)
    if all(each.act in EDITS for each in interventions):
        sentence = f"With {count}, and so of the model that these edited: {guarantee.sentence}"
        return Guarantee(guarantee.promise, guarantee.baseline, sentence)
    kept = guarantee.promise if guarantee.promise is Promise.LOSSY else Promise.OTHER_TARGET
    sentence = f"With {count}: a person took part in what was written, and nothing is promised of that text."
    return Guarantee(kept, "", sentence)
