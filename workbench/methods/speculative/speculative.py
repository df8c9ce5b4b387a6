"""The speculative workbench: any drafter, any shape, any rule, in one selection."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.methods.api import Guarantee, Promise, knob, method, temperature
from workbench.methods.loops.draft_verify import draft_verify
from workbench.methods.loops.drafting import menu
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.methods.rules import DRAWN, GREEDY_MATCH, RESIDUAL, TOP_K_HELP, TOP_P_HELP
from workbench.methods.run import Run
from workbench.trace import Event

RULES = VERIFICATIONS.values()


@dataclass(frozen=True)
class Params:
    drafter: str = knob(menu.MODEL, help="who writes ahead", choices=tuple(menu.TAKES))
    shape: str = knob(menu.CHAINED, help="how drafts hang together", choices=tuple(menu.SHAPES))
    siblings: str = knob(
        menu.WITH,
        help="how the tokens at one place are chosen, above temperature 0",
        choices=tuple(menu.KINDS),
    )
    verification: str = knob("ratio", help="the rule that keeps or rejects", choices=tuple(VERIFICATIONS))
    temperature: float = temperature(1.0)
    depth: int = knob(4, 1, 16, 1, "tokens drafted ahead: length of a chain or path, levels of a tree")
    branch: int = knob(
        2, 1, 8, 1, "children per node; independent paths; nodes per level of a beam; columns of a pool"
    )
    total: int = knob(16, 1, 64, 1, "nodes of a tree of fixed tokens, or of one planned before, at most")
    top_k: int = knob(0, 0, 1000, 1, TOP_K_HELP)
    top_p: float = knob(1.0, 0.05, 1, 0.05, TOP_P_HELP)


LOSSLESS = Guarantee(
    Promise.SAME_DISTRIBUTION,
    "sampling",
    "Lossless: this rule is exact for drafts that were chosen like these, and pairs that are not are "
    "refused; at temperature 0 it is the target's greedy text.",
)


def promised(p: Params) -> Guarantee:
    """At temperature 0 every rule is the greedy match; above it the rule decides."""
    rule = VERIFICATIONS[p.verification]
    if p.temperature == 0 or rule.lossless:
        return LOSSLESS
    return Guarantee(Promise.LOSSY, "", f"Lossy by design above temperature 0. {rule.sentence}")


@method(
    id="speculative",
    title="Speculative workbench",
    family="speculative",
    year=2026,
    paper="",
    needs={"target": "causal", "draft": "causal"},
    guarantee=LOSSLESS,
    holds=promised,
    legal=menu.refuse,
    idle=menu.idle,
    params=Params,
    rules=tuple(dict.fromkeys((*menu.RULES, GREEDY_MATCH, *(r for v in RULES for r in v.rules), DRAWN))),
    measures=tuple(dict.fromkeys((*menu.MEASURES, *(m for v in RULES for m in v.measures)))),
    sources=tuple(dict.fromkeys((*menu.SOURCES, *(s for v in RULES for s in v.sources), RESIDUAL))),
)
def speculative(run: Run, p: Params) -> Iterator[Event]:
    """Compose a drafter, a shape, a choice of siblings and a rule that no paper need have put together.

    Source: the parts are those of the methods beside this one, each with its source there. What may go
    together follows from what each rule was proven for: how the drafts were chosen (fixed by the text,
    drawn with or without replacement) and whether they form a chain, a tree or independent paths. An
    illegal combination is refused with the reason. Drafters without a model leave the draft model idle.
    Rows: the target reads 1 + drafts rows per round.
    """
    yield from draft_verify(run, p, menu.drafter(run, p), VERIFICATIONS[p.verification].verify)
