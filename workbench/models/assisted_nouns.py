"""What a recording of assisted generation speaks of: its rules, its measure, its sources, its promises."""

from workbench.trace import Measure, Rule, Source

MATCH = Rule(
    "assisted_match",
    "same as the target's choice",
    "==",
    "drafted token",
    "target's likeliest token",
    "Accepted {what}: it is the target's own choice.",
    "Rejected {what}: the target would write token {right}.",
    value_from="token",
    bound_from="top(target)",
    space="processed",
)
DRAWN = Rule(
    "assisted_draw",
    "same as the target's draw",
    "==",
    "drafted token",
    "token that was drawn",
    "Accepted {what}: it is what was drawn from the target.",
    "Rejected {what}: {right} was drawn from the target.",
    value_from="token",
    space="processed",
)
COUNTED = Rule(
    "assisted_count",
    "among those that transformers accepted",
    "<=",
    "place in the draft",
    "number of accepted drafts",
    "Accepted {what}: it is draft {left}, and transformers accepted {right}. Its draw was not seen.",
    "Rejected {what}: it is draft {left}, and transformers accepted {right}. Its draw was not seen.",
    space="processed",
)
RATIO = Measure(
    "assisted_ratio",
    "chance of acceptance",
    "probability",
    "higher",
    "min(1, target/draft)",
    value_from="ratio(target@processed)",
)
SOURCES = (
    Source("target", "target model", "target"),
    Source("draft", "candidate generator", "draft"),
    Source("residual", "residual of the target", "residual"),
)
EXACT = "As transformers promises; the recorder changes nothing and proves nothing."
ENSEMBLE = "The target is mixed with its assistant (assistant_ensemble_weight), so it writes something else."
