"""A trace as one line of plain letters, so that a page, a notebook or a timeline can carry it along."""

import base64
import binascii
import gzip

from workbench.trace import Trace, WorkbenchError, encode, load
from workbench.trace.codec_json import MAX_BYTES

KEY = "decoding_workbench"
"""Under this name other formats carry packed traces."""


def pack(trace: Trace) -> str:
    """base64 of the gzipped JSON; the same trace always gives the same letters."""
    return base64.b64encode(gzip.compress(encode(trace), mtime=0)).decode("ascii")


def unpack(packed: str, limit: int = MAX_BYTES) -> Trace:
    """The trace again; `limit` bounds the unpacked bytes. Raises WorkbenchError with one sentence."""
    try:
        data = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise WorkbenchError("The trace in this file is damaged: it is not base64.") from None
    return load(data, limit)
