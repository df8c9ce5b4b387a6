"""Rules and sources that more than one method declares; each sentence is written once."""

from workbench.trace import Measure, Rule, Source

DRAWN = Rule(
    "drawn",
    "drawn by its share of the unit interval",
    "<",
    "u",
    "cumulative probability",
    "{what} was drawn: u = {left} fell into its share, which ends at {right}.",
    "{what} was not drawn: u = {left} lies beyond its share, which ends at {right}.",
    space="processed",
)
LIKELIEST = Rule(
    "likeliest",
    "likeliest token",
    ">=",
    "its probability",
    "best other probability",
    "{what} is the likeliest: its probability {left} is at least the runner-up's {right}.",
    "{what} is not the likeliest: its probability {left} is below another's {right}.",
    value_from="observed(target)",
    bound_from="runner_up(target)",
)
ACCEPT_RATIO = Rule(
    "accept_ratio",
    "speculative sampling test",
    "<",
    "u",
    "min(1, target/draft)",
    "Accepted {what}: u = {left} is below min(1, target/draft) = {right}.",
    "Rejected {what}: u = {left} is not below target/draft = {right}.",
    bound_from="ratio(target)",
    space="processed",
)
ACCEPT_RECURSIVE = Rule(
    "accept_recursive",
    "speculative sampling test on the residual",
    "<",
    "u",
    "min(1, residual/draft)",
    "Accepted {what}: u = {left} is below min(1, residual/draft) = {right}.",
    "Rejected {what}: u = {left} is not below residual/draft = {right}.",
    bound_from="residual_ratio(target)",
    space="processed",
)
GREEDY_MATCH = Rule(
    "greedy_match",
    "same as the target's choice",
    "==",
    "drafted token",
    "target's likeliest token",
    "Accepted {what}: it is the target's own choice.",
    "Rejected {what}: the target would write token {right}.",
    value_from="token",
    bound_from="top(target)",
)
POINT_MASS = Rule(
    "point_mass",
    "kept with the target's probability",
    "<",
    "u",
    "target probability left",
    "Accepted {what}: u = {left} is below the target's remaining probability {right}.",
    "Rejected {what}: u = {left} is not below the target's remaining probability {right}.",
    bound_from="remaining(target)",
    space="processed",
)
SAMPLE_MATCH = Rule(
    "sample_match",
    "same as the target's draw",
    "==",
    "drafted token",
    "token drawn from the target",
    "Accepted {what}: it is what was drawn from the target.",
    "Rejected {what}: {right} was drawn from the target.",
    value_from="token",
    space="processed",
)

RUNNING = Measure(
    "running",
    "running product",
    "probability",
    "higher",
    "min(1, running product before * target/draft)",
    value_from="running(target@processed)",
)
LEFT = Measure(
    "left_mass",
    "residual mass",
    "probability",
    "neither",
    "sum of max(weight * target - draft, 0), the residual before it is normalised; where tokens are tested "
    "one by one the weight is 1, and for a first sibling this is 1 - sum of min(target, draft)",
)

RESIDUAL = Source("residual", "residual of the target", "residual")

TOP_K_HELP = "keep only this many of the likeliest tokens; 0 keeps all"
TOP_P_HELP = "keep the likeliest tokens up to this total probability; 1 keeps all"
DRAFT_LENGTH_HELP = "tokens drafted per round"
