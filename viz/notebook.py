"""In a notebook a trace shows itself: `import viz.notebook`, then a cell that ends with a trace.

The trace package knows nothing of pictures, so the method that notebooks ask for is installed here.
"""

import html

from viz.export.html import replay
from workbench.trace import Trace

HEIGHT = 860


def shown(trace: Trace) -> str:
    """The player in a frame of its own, without access to the notebook around it."""
    page = html.escape(replay([trace]).decode(), quote=True)
    return (
        f'<iframe sandbox="allow-scripts allow-downloads" srcdoc="{page}" title="Replay" '
        f'style="width:100%;height:{HEIGHT}px;border:0"></iframe>'
    )


Trace._repr_html_ = shown  # type: ignore[attr-defined]
