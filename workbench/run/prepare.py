"""From a request to a run that can start: every mismatch is found here, before anything runs."""

import dataclasses
import importlib.metadata
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from workbench.methods.api import Method
from workbench.methods.catalogue import find
from workbench.methods.dice import SeededDice
from workbench.methods.hand import Hand
from workbench.methods.loops.unmasking.pairs import LAW
from workbench.methods.run import Run, Spelling
from workbench.models.api import Exact, Masked, Model, capabilities
from workbench.models.meter import Meter
from workbench.models.shelf import Loaded, Shelf
from workbench.models.tokens import Tokens
from workbench.run import intervene
from workbench.run.corpus import corpus
from workbench.run.perfect import open_model
from workbench.run.request import DEFAULT_MODELS, FULL, Request
from workbench.trace import Glossary, Header, Intervention, ModelCard, Source, WorkbenchError


@dataclass(frozen=True)
class Prepared:
    """A run about to start."""

    method: Method
    params: Any
    run: Run
    meter: Meter
    header: Header
    glossary: Glossary
    tokens: Tokens


def prepare(request: Request, shelf: Shelf, stop_requested: Callable[[], bool] = lambda: False) -> Prepared:
    """Open the models, match capabilities and vocabularies, encode the prompt."""
    request = request.checked()
    method = find(request.method)
    params = method.parse(request.knobs)
    opened = _open(request, method, shelf)
    main = next(iter(opened.values()))
    meter = Meter(stop_requested)
    models = {role: loaded.adapter(meter, role) for role, loaded in opened.items()}
    _match(method, models, opened)
    prompt_ids = main.tokens.encode_prompt(request.prompt)
    shared = [model for role, model in models.items() if role not in method.own_tokens]
    _fits(prompt_ids, request.max_tokens, shared)
    header = _header(request, method, params, opened, models, prompt_ids)
    told, hand = request.interventions, Hand(request.interventions)
    deciding = [model for role, model in models.items() if intervene.decides(method, role)]
    intervene.refuse(told, method, len(prompt_ids), request.max_tokens, deciding)
    nouns = glossary(method, told, any(isinstance(model, Exact) for model in models.values()))
    run = Run(
        prompt_ids,
        request.max_tokens,
        intervene.handed(method, models, prompt_ids, hand),
        next(iter(models.values())).eos_ids,
        SeededDice(request.seed),
        meter,
        full=request.detail == FULL,
        spellings=_spellings(request, method, opened),
        corpus=partial(corpus, main.tokens, request.prompt),
        spell=main.tokens.token_bytes,
        hand=hand,
    )
    return Prepared(method, params, run, meter, header, nouns, main.tokens)


def glossary(method: Method, interventions: Sequence[Intervention] = (), exact: bool = False) -> Glossary:
    """The method's declared nouns, with a source for every role it needs and names no better, for a person's
    hand, and, where a model is `exact`, for the law that it is."""
    named = {source.id for source in method.sources}
    roles = [Source(role, ROLE_TITLES.get(role, role), role) for role in method.needs if role not in named]
    return Glossary.of(
        method.measures,
        method.rules,
        (*Glossary.of().spaces.values(), *method.spaces),
        (*roles, *method.sources, *intervene.nouns(interventions), *((LAW,) if exact else ())),
    )


ROLE_TITLES = {"target": "target model", "draft": "draft model", "denoiser": "masked diffusion model"}


def _open(request: Request, method: Method, shelf: Shelf) -> dict[str, Loaded]:
    for role in request.models:
        if role not in method.needs:
            raise WorkbenchError(
                f"{method.id} has no model role '{role}'; it needs: {', '.join(method.needs)}."
            )
    names = {role: request.models.get(role) or usual_model(method, role, shelf) for role in method.needs}
    device, dtype, prompt = request.device, request.dtype, request.prompt
    return {role: open_model(shelf, name, device, dtype, prompt) for role, name in names.items()}


def usual_model(method: Method, role: str, shelf: Shelf) -> str:
    """The model of a role that nobody chose: the method's own default where the shelf has it."""
    own = method.models.get(role)
    if own and any(entry.name == own for entry in shelf.list()):
        return own
    return DEFAULT_MODELS[role]


def _spellings(request: Request, method: Method, opened: Mapping[str, Loaded]) -> dict[str, Spelling]:
    """How every role writes, for the methods that may ask: tokenizing a prompt again costs time."""
    if not method.own_tokens:
        return {}
    return {
        role: Spelling(loaded.tokens, tuple(loaded.tokens.encode_prompt(request.prompt)))
        for role, loaded in opened.items()
    }


def _match(method: Method, models: Mapping[str, Model], opened: Mapping[str, Loaded]) -> None:
    for role, capability in method.needs.items():
        has = capabilities(models[role])
        if capability not in has:
            raise WorkbenchError(
                f"The model '{opened[role].entry.name}' cannot be the {role} of {method.id}: that needs a "
                f"{capability} "
                f"model, and it is {' and '.join(sorted(has)) or 'neither'}. Choose another model for this "
                f"role."
            )
    shared = [role for role in opened if role not in method.own_tokens]
    hashes = {role: opened[role].tokens.vocab_hash for role in shared}
    if len(set(hashes.values())) > 1:
        named = ", ".join(f"{role} '{opened[role].entry.name}'" for role in hashes)
        raise WorkbenchError(
            f"The vocabularies of {named} differ, and {method.id} compares token ids; choose models that "
            f"share a "
            "tokenizer."
        )


def _fits(prompt_ids: list[int], max_tokens: int, models: Sequence[Model]) -> None:
    room = min(model.max_positions for model in models)
    if len(prompt_ids) + max_tokens > room:
        raise WorkbenchError(
            f"The prompt has {len(prompt_ids)} tokens and max_tokens is {max_tokens}; the models hold "
            f"{room} together. "
            "Shorten the prompt or ask for fewer tokens."
        )


def _header(
    request: Request,
    method: Method,
    params: Any,
    opened: Mapping[str, Loaded],
    models: Mapping[str, Model],
    prompt_ids: list[int],
) -> Header:
    main = next(iter(opened.values()))
    promised = intervene.promised(method.promise(params), request.interventions)
    return Header(
        method=method.id,
        title=method.title,
        family=method.family,
        status=method.status,
        guarantee=promised.promise.value,
        promise=promised.sentence,
        knobs=dataclasses.asdict(params),
        models=tuple(_card(loaded, models[role]) for role, loaded in opened.items()),
        prompt=request.prompt,
        prompt_ids=tuple(prompt_ids),
        seed=request.seed,
        max_tokens=request.max_tokens,
        detail=request.detail,
        device=main.device.type,
        dtype=str(main.dtype).removeprefix("torch."),
        versions=dict(versions()),
        interventions=request.interventions,
    )


def _card(loaded: Loaded, model: Model) -> ModelCard:
    mask_id = model.mask_id if isinstance(model, Masked) else -1
    return ModelCard(
        model.role,
        loaded.entry.name,
        loaded.sha256,
        loaded.entry.parameters,
        model.vocab_size,
        mask_id,
        tuple(model.eos_ids),
    )


@cache
def versions() -> dict[str, str]:
    """What the numbers may depend on."""
    packages = ("decoding-workbench", "torch", "transformers")
    return {"python": platform.python_version(), **{name: _version(name) for name in packages}}


def _version(package: str) -> str:
    from workbench import __version__

    return __version__ if package == "decoding-workbench" else importlib.metadata.version(package)
