"""How many tokens a round may commit."""


def even_quota(masks: int, rounds: int) -> list[int]:
    """`masks` shared over `rounds` as evenly as can be, the larger shares first (LLaDA, generate.py)."""
    share, rest = divmod(masks, rounds)
    return [share + (i < rest) for i in range(rounds)]
