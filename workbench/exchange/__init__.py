"""What crosses the border: files of ours that carry a trace, and what other programs recorded.

Standard library and `workbench.trace` only. A file that carries a trace (a replay, a notebook, an
archive of tables, a timeline) opens as that very trace; counts of other engines are no traces, and
say so.
"""

from workbench.exchange.command import command_line, command_words
from workbench.exchange.counts import Counts, Request
from workbench.exchange.formats import Format
from workbench.exchange.opening import Opened, open_any
from workbench.exchange.packed import KEY, pack, unpack

__all__ = [
    "KEY",
    "Counts",
    "Format",
    "Opened",
    "Request",
    "command_line",
    "command_words",
    "open_any",
    "pack",
    "unpack",
]
