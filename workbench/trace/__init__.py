"""The contract between everything: standard library only, no torch, no gradio."""

from workbench.trace.errors import WorkbenchError
from workbench.trace.events import (
    VERBS,
    Close,
    Commit,
    DraftKind,
    Event,
    Fork,
    Forward,
    Judge,
    Observe,
    Phase,
    Propose,
    Retract,
    Score,
)
from workbench.trace.fills import Blend, Fill, Label, Token, Vector
from workbench.trace.fold import BLANK, HELD, Belief, LaneState, Proposal, State, fold
from workbench.trace.glossary import GIVEN, PROCESSED, VOCABULARY, Glossary, Measure, Rule, Source, Space
from workbench.trace.refs import (
    ROOT,
    Candidate,
    Candidates,
    Cell,
    Cells,
    Lane,
    Lanes,
    Layer,
    Layers,
    Ref,
    Refs,
)
from workbench.trace.trace import VERSION, Cost, Footer, Header, ModelCard, Trace, Value

__all__ = [name for name in dir() if not name.startswith("_")]
