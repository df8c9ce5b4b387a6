"""What the server tells a component of the page, as the text of one of its properties."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

_numbers = itertools.count(1)


def news(message: Mapping[str, Any]) -> str:
    """The message, numbered: a property that did not change is not heard, and a sentence may come twice."""
    return json.dumps({**message, "news": next(_numbers)}, ensure_ascii=False)
