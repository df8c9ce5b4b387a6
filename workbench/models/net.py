"""One lean decoder network: explicit ids, positions, mask, cache and range of layers.

RMSNorm, rotary positions, grouped-query attention, SwiGLU, optional biases and qk-norm, tied or untied
head: the family of Llama, Qwen2, Qwen3 and Mistral, and (by a name map, see `names`) LLaDA, Dream and SDAR.
Causal, bidirectional, block-causal, tree and any-order differ only in the mask and positions that are fed.

Shapes: B rows of a batch, T new tokens, S tokens that may be seen, D width, H heads, K key/value heads,
E head_dim, V vocabulary, P max_positions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.models.cache import Cache, Room, Writer
from workbench.models.config import config_from_hf, inverse_frequencies
from workbench.models.names import from_hf_names, to_hf_names

attend, linear = F.scaled_dot_product_attention, F.linear


@dataclass(frozen=True)
class Config:
    """Everything that shapes the network; `rope` is the scaling in HF's rope parameters, as sorted pairs."""

    vocab_size: int
    width: int
    depth: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    rope_theta: float = 10_000.0
    norm_eps: float = 1e-5
    tied: bool = True
    qkv_bias: bool = False
    out_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False
    max_positions: int = 2048
    rope: tuple[tuple[str, Any], ...] = ()

    @staticmethod
    def from_hf(config: Mapping[str, Any]) -> "Config":
        """From the dict of a config.json; raises WorkbenchError for what the network cannot compute."""
        return Config(**config_from_hf(config))


class Output(NamedTuple):
    """What one pass returns.

    logits: (B, R, V) for the R rows asked for (all T by default); empty when `rows` is an empty slice.
    hidden: states (B, T, D): the one entering the first layer run, then one after each layer run; when the
        last layer of the network ran, the last entry is normalised, as in transformers. () unless wanted.
    """

    logits: Tensor
    hidden: tuple[Tensor, ...]


class Turn(NamedTuple):
    """What all layers of one pass share: the rotation (B|1, T, 1, E), and the norm to compute with."""

    cos: Tensor
    sin: Tensor  # its first half negated
    rms: Callable[[Tensor, Tensor, float], Tensor]
    add: Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]


def _rms(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    return F.rms_norm(x, weight.shape, weight, eps)


def _quick_rms(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """The same in float32 without a gradient, in half the time: on a CPU `F.rms_norm` is many small steps."""
    if x.numel() == weight.shape[0]:  # one row: the root of a number is quicker than that of a tensor
        row = x.view(-1)
        return (x * weight).mul_((float(row.dot(row)) / len(row) + eps) ** -0.5)
    norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return (x * norm.square_().mul_(1 / weight.shape[0]).add_(eps).rsqrt_()).mul_(weight)


def _add_linear(x: Tensor, h: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x (B, T, D) + the linear map of h (B, T, E)."""
    return x + linear(h, weight, bias)


def _quick_add_linear(x: Tensor, h: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The same in one step where there is no bias (not under autocast, which would round x as well)."""
    if bias is not None:
        return x + linear(h, weight, bias)
    return torch.addmm(x.flatten(0, 1), h.flatten(0, 1), weight.t()).view_as(x)


ROWS_PER_POSITION = 16
"""How wide a tree in the cache may be on average: that of the widest beam search."""


def _weight(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(*shape).normal_(std=0.02))


class Layer(nn.Module):
    """The weights and the computation of one decoder layer."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim, self.eps = c.heads, c.kv_heads, c.head_dim, c.norm_eps
        self.shared_kv = c.heads != c.kv_heads
        rows = (c.heads + 2 * c.kv_heads) * c.head_dim
        self.attn_norm = nn.Parameter(torch.ones(c.width))
        self.qkv = _weight(rows, c.width)
        self.register_parameter("qkv_bias", nn.Parameter(torch.zeros(rows)) if c.qkv_bias else None)
        self.register_parameter("q_norm", nn.Parameter(torch.ones(c.head_dim)) if c.qk_norm else None)
        self.register_parameter("k_norm", nn.Parameter(torch.ones(c.head_dim)) if c.qk_norm else None)
        self.out = _weight(c.width, c.heads * c.head_dim)
        self.register_parameter("out_bias", nn.Parameter(torch.zeros(c.width)) if c.out_bias else None)
        self.ffn_norm = nn.Parameter(torch.ones(c.width))
        self.gate_up = _weight(2 * c.ffn, c.width)
        self.register_parameter("gate_up_bias", nn.Parameter(torch.zeros(2 * c.ffn)) if c.mlp_bias else None)
        self.down = _weight(c.width, c.ffn)
        self.register_parameter("down_bias", nn.Parameter(torch.zeros(c.width)) if c.mlp_bias else None)

    def forward(
        self, x: Tensor, turn: Turn, mask: Tensor | None, causal: bool, slots: Writer | None
    ) -> Tensor:
        """x (B, T, D) -> (B, T, D); mask (B|1, 1, T, S) bool; slots: where keys and values are kept."""
        batch, new, _ = x.shape
        heads, both, dim = self.heads, self.heads + self.kv_heads, self.head_dim
        w: dict[str, Any] = self._parameters  # the dict itself: attribute look-ups cost time here
        rms, eps = turn.rms, self.eps
        qkv = linear(rms(x, w["attn_norm"], eps), w["qkv"], w["qkv_bias"]).view(batch, new, -1, dim)
        q_and_k = qkv.narrow(2, 0, both)
        if w["q_norm"] is not None:
            q = rms(q_and_k[:, :, :heads], w["q_norm"], eps)
            q_and_k = torch.cat((q, rms(q_and_k[:, :, heads:], w["k_norm"], eps)), 2)
        turned = torch.addcmul(q_and_k * turn.cos, q_and_k.roll(dim // 2, -1), turn.sin).transpose(1, 2)
        q, k = turned.narrow(1, 0, heads), turned.narrow(1, heads, both - heads)  # (B, H, T, E), (B, K, T, E)
        v = qkv.narrow(2, both, both - heads).transpose(1, 2)
        if slots is not None:
            k, v = slots.write(k, v)  # (B, K, S, E)
        seen = attend(q, k, v, mask, 0.0, causal, enable_gqa=self.shared_kv).transpose(1, 2)
        x = turn.add(x, seen.reshape(batch, new, heads * dim), w["out"], w["out_bias"])
        gate, up = linear(rms(x, w["ffn_norm"], eps), w["gate_up"], w["gate_up_bias"]).chunk(2, -1)
        return turn.add(x, F.silu(gate) * up, w["down"], w["down_bias"])


class Net(nn.Module):
    """The network. `head` is None when the embedding is tied."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embed = _weight(config.vocab_size, config.width)
        self.blocks = [Layer(config) for _ in range(config.depth)]  # a plain list is quick to index
        self.layers = nn.ModuleList(self.blocks)
        self.norm = nn.Parameter(torch.ones(config.width))
        self.head = None if config.tied else _weight(config.vocab_size, config.width)
        self.rotation = nn.Buffer(_rotation(config), persistent=False)  # (P, 2, E)

    def forward(
        self,
        ids: Tensor | None,
        positions: Tensor,
        mask: Tensor | None = None,
        cache: Room | None = None,
        at: int = 0,
        layers: Sequence[int] | None = None,
        hidden: Tensor | None = None,
        want_hidden: bool = False,
        rows: slice | Tensor | None = None,
        causal: bool = True,
    ) -> Output:
        """One pass over T new tokens.

        ids (B, T) int64, or None when `hidden` (B, T, D) is the state to start from. positions (B|1, T).
        mask (B|1, 1, T, S) bool, True = may be seen; S = T, or at + T with a cache. Without a mask every row
        sees itself and all before it (`causal`), or, with causal=False, all S rows.
        cache: the new keys and values go to slots at .. at + T and attention runs over slots 0 .. at + T.
        layers: run only these, in this order (a range for early exit; any list to skip layers).
        rows: compute the logits of these rows only (a slice, or a 1-D index tensor).
        """
        x = F.embedding(ids, self.embed) if hidden is None and ids is not None else hidden
        if x is None:
            raise ValueError("Net.forward needs ids or hidden")
        new = x.shape[1]
        turn = self.turn(positions, x)
        if mask is None and causal and new > 1 and at > 0 and cache is not None:
            mask = torch.ones(new, at + new, dtype=torch.bool, device=x.device).tril(at)[None, None]
        flag = mask is None and causal and new > 1
        if cache is not None:
            cache.reserve(at + new)
        writers = None if cache is None else cache.writers(at, new)
        states = [x] if want_hidden else []
        run = range(self.config.depth) if layers is None else layers
        for i in run:
            x = self.blocks[i].forward(x, turn, mask, flag, None if writers is None else writers[i])
            if want_hidden:
                states.append(x)
        if want_hidden and len(run) and run[-1] == self.config.depth - 1:
            x = states[-1] = turn.rms(x, self.norm, self.config.norm_eps)
            return Output(self.unembed(x if rows is None else x[:, rows]), tuple(states))
        x = turn.rms(x if rows is None else x[:, rows], self.norm, self.config.norm_eps)
        return Output(self.unembed(x), tuple(states))

    def turn(self, positions: Tensor, x: Tensor) -> Turn:
        """The rotation of `positions` (B|1, T) in the type of x, and the norm that is fastest here."""
        quick = x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_grad_enabled()
        cos, sin = self.rotation[positions].unsqueeze(3).unbind(2)  # (B|1, T, 1, E) each
        rms, add = (_quick_rms, _quick_add_linear) if quick else (_rms, _add_linear)
        return Turn(cos.to(x.dtype), sin.to(x.dtype), rms, add)

    def normalised(self, x: Tensor) -> Tensor:
        """The last norm: (..., D) -> (..., D)."""
        return _rms(x, self.norm, self.config.norm_eps)

    def unembed(self, x: Tensor) -> Tensor:
        """A normalised state (..., D) to logits (..., V)."""
        return F.linear(x, self.embed if self.head is None else self.head)

    @staticmethod
    def empty(config: Config, device: torch.device, dtype: torch.dtype) -> "Net":
        """A network whose weights are not set yet, made without a second copy in memory."""
        with torch.device("meta"):
            net = Net(config)
        return net.to(dtype).to_empty(device=device).requires_grad_(False)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "Net":
        """Moves and casts the weights; the rotation tables stay float32 whatever the weights become."""
        super()._apply(fn, recurse)
        if self.embed.device.type != "meta":
            self.rotation = _rotation(self.config).to(self.embed.device)
        return self

    def new_cache(self, capacity: int = 256, batch: int = 1) -> Cache:
        """An empty cache of this network's shape, device and type; it doubles when full.

        It may hold more rows than positions: the rows of a tree share positions.
        """
        c = self.config
        shape = (c.depth, batch, c.kv_heads, c.head_dim)
        limit = ROWS_PER_POSITION * c.max_positions
        return Cache(shape, min(capacity, c.max_positions), limit, self.embed.device, self.embed.dtype)

    def load_hf(self, state: Mapping[str, Tensor]) -> None:
        """Copy weights in place from HF or LLaDA names; raises WorkbenchError on a mismatch."""
        plain = from_hf_names(state, self.config)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                row = 0
                for piece in plain[name]:
                    parameter.narrow(0, row, piece.shape[0]).copy_(piece)
                    row += piece.shape[0]

    def hf_state(self) -> dict[str, Tensor]:
        """The weights under HF Llama/Qwen names, detached; a tied head is left out."""
        return to_hf_names({name: p.detach() for name, p in self.named_parameters()}, self.config)


def _rotation(config: Config) -> Tensor:
    """cos and sin (P, 2, E) in float32; half of sin is negated, so that rope is x*cos + roll(x)*sin."""
    c = config
    with torch.device("cpu"):  # also inside torch.device("meta")
        frequencies, factor = inverse_frequencies(c.head_dim, c.rope_theta, c.max_positions, c.rope)
        places = torch.arange(c.max_positions, dtype=torch.float32)
        angles = torch.outer(places, frequencies)  # (P, E/2)
        cos, sin = angles.cos() * factor, angles.sin() * factor
        return torch.stack((torch.cat((cos, cos), 1), torch.cat((-sin, sin), 1)), 1)
