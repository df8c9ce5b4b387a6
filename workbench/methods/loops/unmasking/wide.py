"""The rules of revokable decoding (WINO)."""

from workbench.trace import Rule

WIDE = Rule(
    "wide_in",
    "sure enough to be tried",
    ">",
    "confidence",
    "lower bar",
    "{what} is tried: confidence {left} is above {right}.",
    "{what} stays masked: confidence {left} is not above {right}.",
    value_from="proposed",
    bound_from="knob(wide)",
)
WIDE_CAP = Rule(
    "wide_in_cap",
    "among those that a round may try",
    "<",
    "rank by confidence",
    "most tokens of a round",
    "{what} is written: rank {left} is below the {right} that a round may try.",
    "{what} stays masked: rank {left} is not below the {right} that a round may try.",
    value_from="rank(proposed)",
)
NARROW = Rule(
    "narrow_out",
    "its shadow no longer believes in it",
    "<",
    "probability at its shadow",
    "upper bar",
    "{what} is doubted: a mask in its place gives it {left}, below {right}.",
    "{what} stands: a mask in its place gives it {left}, not below {right}.",
    value_from="observed(shadow)",
    bound_from="knob(narrow)",
)
NARROW_CAP = Rule(
    "narrow_out_cap",
    "among those that may be taken back",
    "<",
    "rank by doubt",
    "most tokens taken back",
    "{what} is masked again: {right} may be taken back, and its rank by doubt is {left}.",
    "{what} stays for now: only {right} may be taken back, and its rank by doubt is {left}.",
)
