"""The unmasking workbench: one part for every place of the loop, in one selection."""

from collections.abc import Iterator

from workbench.methods.api import Guarantee, Promise, method
from workbench.methods.loops.unmask import unmask
from workbench.methods.loops.unmasking.compose import recipe
from workbench.methods.loops.unmasking.fits import FITS
from workbench.methods.loops.unmasking.menu import Menu
from workbench.methods.loops.unmasking.nouns import MEASURES, RULES, SOURCES
from workbench.methods.loops.unmasking.reads import idle
from workbench.methods.run import Run
from workbench.trace import Event


@method(
    id="unmask_recipe",
    title="Unmasking workbench",
    family="diffusion",
    year=2026,
    paper="",
    needs={"denoiser": "masked"},
    guarantee=Guarantee(
        Promise.LOSSY,
        "",
        "Lossy like its parts: what is written in one round is independent, whatever chooses it; nobody has "
        "measured this combination but you.",
    ),
    params=Menu,
    rules=RULES,
    measures=MEASURES,
    sources=SOURCES,
    legal=FITS,
    idle=idle,
)
def unmask_recipe(run: Run, p: Menu) -> Iterator[Event]:
    """Compose scope, compute, logits, score, select, verify, revise and stop as no paper need have done.

    Source: the parts are those of the methods beside this one, each with its source there. Parts that
    contradict each other are refused with the reason: what reuses stale rows cannot judge what it reuses,
    what remembers a mask cannot follow where masks come back, and some scores speak to one selecting part
    only. By default trace credit, adaptive blocks and early commit work together. The recipe is in the knobs
    of the trace, and reproduces from it. Knobs of parts that are not chosen do nothing.
    """
    yield from unmask(run, recipe(run, p))
