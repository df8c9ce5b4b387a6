"""The lean network as an any-order model: content rows and query rows in one pass."""

from collections.abc import Sequence

import torch

from workbench.models.api import Beliefs, ModelError, Reading
from workbench.models.memory import EMPTY, RowMemory, Store
from workbench.models.meter import Meter, spans
from workbench.models.net import Net
from workbench.models.net_causal import NetBuffers


class NetAnyOrder:
    """AnyOrder over `Net`: content never sees a query, so a text has one probability however it is asked.

    A content row sees the given positions, the earlier ones of the order and itself; a query row (the mask
    at a position) sees the given ones, the first `known` of the order, and itself.
    """

    def __init__(
        self,
        net: Net,
        name: str,
        role: str,
        meter: Meter,
        mask_id: int,
        eos_ids: Sequence[int] = (),
        never: Sequence[int] = (),
    ) -> None:
        self.net, self.name, self.role, self.meter, self.mask_id = net, name, role, meter, mask_id
        self.vocab_size, self.max_positions = net.config.vocab_size, net.config.max_positions
        self.depth, self.eos_ids, self.device = net.config.depth, tuple(eos_ids), net.embed.device
        self._never = torch.tensor(sorted({*never, mask_id}), dtype=torch.int64, device=self.device)
        self._nothing = RowMemory(Store(NetBuffers(net.new_cache(1))), EMPTY, 0, 0)

    def joint(
        self,
        tokens: Sequence[int],
        order: Sequence[int],
        given: Sequence[int],
        known: Sequence[int] | None = None,
    ) -> Reading:
        """See `api.AnyOrder.joint`."""
        known = range(len(order)) if known is None else known
        self._fits(tokens, order, given, known)
        told = order[: max(known, default=0)]  # later ones are seen by nobody
        content = [*given, *told]
        places = torch.tensor([*content, *order], device=self.device)
        ids = [*(tokens[at] for at in content), *[self.mask_id] * len(order)]
        first, rows = len(given), torch.arange(len(content), device=self.device)
        reach = torch.cat(
            (
                torch.full((first,), first, device=self.device),
                rows[first:] + 1,
                first + torch.tensor(list(known), dtype=torch.int64, device=self.device),
            )
        )
        sees = torch.eye(len(places), dtype=torch.bool, device=self.device)
        sees[:, : len(content)] |= rows[None] < reach[:, None]
        self.meter.count(self.role, spans(sorted(set(places.tolist()))), (), ((0, self.depth),))
        with torch.inference_mode():
            output = self.net.forward(
                torch.tensor([ids], device=self.device),
                places[None],
                sees[None, None],
                rows=slice(len(content), None),
                causal=False,
            )
        logits = output.logits[0].to(torch.float32, copy=True).index_fill_(-1, self._never, -torch.inf)
        return Reading(Beliefs(logits, self.name), self._nothing, range(len(content), len(places)))

    def _fits(
        self, tokens: Sequence[int], order: Sequence[int], given: Sequence[int], known: Sequence[int]
    ) -> None:
        if not 0 < len(tokens) <= self.max_positions:
            raise ModelError(
                f"The model '{self.name}' takes 1 to {self.max_positions} tokens, not {len(tokens)}."
            )
        places = [*given, *order]
        if not order or len(set(places)) < len(places) or not set(places) <= set(range(len(tokens))):
            raise ModelError(
                f"`order` and `given` must name different positions 0 to {len(tokens) - 1}, at least one in "
                f"`order`; they are {list(order)} and {list(given)}."
            )
        if len(known) != len(order) or any(
            not 0 <= count <= len(order) or at in order[:count]
            for at, count in zip(order, known, strict=False)
        ):
            raise ModelError(
                f"`known` must say for each of the {len(order)} positions how many of those before it in "
                f"the order it may see, not {list(known)}."
            )
