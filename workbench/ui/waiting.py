"""Gradio may mount a component before the page's own scripts have arrived, on a slow machine or a reload."""

import html

WAIT_MS = 25


def when_loaded(script: str) -> str:
    """The script of a component, run as soon as the page's scripts and the player are there."""
    return (
        "(function go() { if (window.Workbench && window.Workbench.start && window.WorkbenchPlayer) { "
        + script
        + f" }} else setTimeout(go, {WAIT_MS}); }})();"
    )


def placeholder(name: str, sentence: str, lines: int) -> str:
    """The element `name` that a script will fill, with what stands in it until then."""
    return (
        f'<div class="{name}"><section class="wb-waiting" aria-busy="true" data-testid="waiting-{name}">'
        f"<p>{html.escape(sentence)}</p>{'<i></i>' * lines}</section></div>"
    )
