"""What stands before the first beat: the request and the nouns, as the player shows them."""

from dataclasses import asdict
from typing import Any

from viz.fate import JUDGES
from viz.theme import LOOKS
from viz.words import compares_tokens
from workbench.trace import Footer, Glossary, Header

RULE = ("title", "op", "left", "right", "yes", "no", "space", "value_from", "bound_from")


def header_json(header: Header) -> dict[str, Any]:
    """The request, without the prompt's ids (the first lane holds them)."""
    plain = ("method", "title", "family", "status", "guarantee", "promise", "knobs", "prompt", "seed")
    more = ("max_tokens", "detail", "device", "dtype")
    models = [
        {"role": card.role, "name": card.name, "parameters": card.parameters, "sha256": card.sha256[:12]}
        for card in header.models
    ]
    told = [asdict(each) for each in header.interventions]
    return {name: getattr(header, name) for name in (*plain, *more)} | {
        "models": models,
        "interventions": told,
    }


def glossary_json(glossary: Glossary) -> dict[str, Any]:
    """Nouns by id, with what a person reads."""
    return {
        "sources": {
            id: {"title": noun.title, "role": noun.role, "judges": noun.role in JUDGES}
            for id, noun in glossary.sources.items()
        },
        "measures": {
            id: {"title": noun.title, "unit": noun.unit, "better": noun.better, "formula": noun.formula}
            for id, noun in glossary.measures.items()
        },
        "rules": {
            id: {name: getattr(noun, name) for name in RULE} | {"tokens": int(compares_tokens(noun))}
            for id, noun in glossary.rules.items()
        },
        "spaces": {
            id: {"title": noun.title, "bins": list(noun.bins)} for id, noun in glossary.spaces.items()
        },
    }


def footer_json(footer: Footer | None) -> dict[str, str] | None:
    """How the run ended."""
    return {"status": footer.status, "message": footer.message} if footer else None


def looks_json() -> dict[str, dict[str, Any]]:
    """How fates and origins are drawn, and what they mean."""
    keys = ("token", "shape", "glyph", "hatch", "title", "meaning")
    return {name: {key: getattr(look, key) for key in keys} for name, look in LOOKS.items()}
