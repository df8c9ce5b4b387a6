"""What a kind of export is, for those that write it, those that offer it and those that ask for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.trace import Trace

Write = Callable[[Sequence[Trace], str], bytes]
"""(one or two traces, 'light' or 'dark') -> the file's bytes."""


@dataclass(frozen=True, slots=True)
class Format:
    """`file` names the export in an address, `ending` in a file name."""

    file: str
    ending: str
    media: str
    title: str
    purpose: str
    """One line: what it is for."""
    write: Write
    opens: bool
    """Does the file open here again as the same trace?"""
    pair: bool = False
    """Can it hold two runs?"""
    coloured: bool = False
    """Does it differ between light and dark?"""
