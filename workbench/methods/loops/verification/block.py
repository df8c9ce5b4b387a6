"""Block verification: a chain is judged as a whole, so a later token can rescue an earlier one."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from workbench.maths.accept import ratio, residual, rest_weight, running_product
from workbench.methods.loops.verification.base import CHAIN, Draft, Outcome, Verification
from workbench.methods.rules import LEFT, RESIDUAL, RUNNING
from workbench.methods.run import Run
from workbench.trace import Candidates, DraftKind, Event, Measure, Rule, Score

BLOCK_TEST = Rule(
    "block_test",
    "block verification test",
    "<",
    "u",
    "chance that the block ends here or later",
    "The block may end with {what}: u = {left} is below {right}.",
    "The block does not end with {what}: u = {left} is not below {right}.",
    bound_from="standing(running)",
    space="processed",
)
IN_BLOCK = Rule(
    "in_block",
    "inside the accepted block",
    "<=",
    "its place in the draft",
    "place of the last passed test",
    "Accepted {what}: place {left} lies in the block, which the last passed test ends at {right}.",
    "Rejected {what}: place {left} lies behind the block, which the last passed test ends at {right}.",
    value_from="depth",
    bound_from="last_passed(block_test)",
)

TOKEN_RULE = Measure(
    "token_rule",
    "kept token by token",
    "tokens",
    "higher",
    "how many tokens of this chain speculative sampling would keep with the same dice: those before the "
    "first whose u (the number that its block test read) is not below min(1, target/draft)",
    value_from="kept(target@processed)",
)


@dataclass(frozen=True)
class Chain:
    """One path of a draft: its nodes, the target's rows (1 + nodes, V), and what each node was drawn from."""

    ids: tuple[int, ...]
    tokens: tuple[int, ...]
    rows: Tensor
    drawn_from: Sequence[Tensor]

    @cached_property
    def chances(self) -> list[tuple[float, float]]:
        """Of every token: how likely the target and the draft held it to be."""
        rows = zip(self.rows[:-1], self.tokens, self.drawn_from, strict=True)
        return [(float(row[token]), float(drawn_from[token])) for row, token, drawn_from in rows]


def running_products(chain: Chain) -> list[float]:
    """1, then the running product up to every node."""
    products = [1.0]
    for target, draft in chain.chances:
        products.append(running_product(products[-1], target, draft))
    return products


def token_by_token(chain: Chain, draws: Sequence[float]) -> int:
    """How many tokens the rule of speculative sampling would keep of this chain with the same `draws`.

    It reads one number per test, in the order of the chain, and none behind its first rejection; the block
    reads one for every token. So test i of both reads draw i, and the token rule leaves the rest unread.
    """
    tests = enumerate(zip(draws, chain.chances, strict=True))
    failed = (place for place, (u, (target, draft)) in tests if u >= ratio(target, draft))
    return next(failed, len(chain.tokens))


def block_end(passed: Sequence[bool]) -> int:
    """The place of the last passed test, counted from 1; 0 if none passed."""
    return max((place for place, good in enumerate(passed, 1) if good), default=0)


def judge_chain(run: Run, chain: Chain) -> Generator[Event, None, tuple[int, Tensor]]:
    """How many tokens of a chain are accepted, and the distribution (V,) of the token behind them."""
    product = running_products(chain)
    weights = torch.tensor(product[:-1], dtype=chain.rows.dtype, device=chain.rows.device)
    uncovered = weights.unsqueeze(1) * chain.rows[:-1] - torch.stack(list(chain.drawn_from))
    left = uncovered.clamp_min(0).sum(-1).tolist()
    of = Candidates(chain.ids)
    yield Score(RUNNING.id, of, tuple(product[1:]))
    yield Score(LEFT.id, of, tuple(left))
    bounds = [*map(rest_weight, product[1:-1], left[1:]), product[-1]]
    verdict = BLOCK_TEST.judge(of, [run.dice.uniform(bound) for bound in bounds], bounds)
    yield verdict
    yield Score(TOKEN_RULE.id, of, (token_by_token(chain, verdict.values),) * len(bounds))
    end = block_end(verdict.passed)
    yield IN_BLOCK.judge(of, range(1, 1 + len(bounds)), [end] * len(bounds))
    if end == len(bounds):
        return end, chain.rows[-1]
    return end, residual(chain.rows[end], chain.drawn_from[end], product[end])


def block(run: Run, draft: Draft, target: Tensor) -> Generator[Event, None, Outcome]:
    """Accept the longest prefix that passes its test, whatever failed before (Sun et al. 2025).

    The running product carries what earlier tokens were over- or under-proposed; the residual
    behind the block is weighted with it. target: (1 + nodes, V).
    """
    if not draft.ids:
        return Outcome([], target[0], False, target)
    chain = Chain(draft.ids, draft.tokens, target, draft.drawn_from)
    accepted, after = yield from judge_chain(run, chain)
    return Outcome(list(range(accepted)), after, accepted < len(draft.ids), target)


BLOCK = Verification(
    "block",
    "block verification",
    "Judges the drawn chain as a whole: the last passed test ends the block, even behind a failed one.",
    block,
    (DraftKind.SAMPLED,),
    (CHAIN,),
    True,
    (BLOCK_TEST, IN_BLOCK),
    (RUNNING, LEFT, TOKEN_RULE),
    (RESIDUAL,),
)
