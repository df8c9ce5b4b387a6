"""Gradio may mount a component before the page's own scripts have arrived, on a slow machine or a reload."""

WAIT_MS = 25


def when_loaded(script: str) -> str:
    """The script of a component, run as soon as the page's scripts and the player are there."""
    return (
        "(function go() { if (window.Workbench && window.Workbench.start && window.WorkbenchPlayer) { "
        + script
        + f" }} else setTimeout(go, {WAIT_MS}); }})();"
    )
