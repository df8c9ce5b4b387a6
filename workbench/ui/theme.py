"""Gradio's theme, drawn with the pictures' colours (custom properties of our style sheet)."""

from gradio.themes import Base

SANS = ["system-ui", "-apple-system", "Segoe UI", "sans-serif"]
MONO = ["ui-monospace", "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", "monospace"]

PLAIN = {
    "body_background_fill": "var(--dw-sunken)",
    "body_text_color": "var(--dw-ink)",
    "body_text_color_subdued": "var(--dw-muted)",
    "background_fill_primary": "var(--dw-surface)",
    "background_fill_secondary": "var(--dw-raised)",
    "block_background_fill": "var(--dw-surface)",
    "block_border_color": "var(--dw-line)",
    "block_label_text_color": "var(--dw-muted)",
    "block_title_text_color": "var(--dw-muted)",
    "block_info_text_color": "var(--dw-faint)",
    "border_color_primary": "var(--dw-line)",
    "border_color_accent": "var(--dw-accent)",
    "color_accent_soft": "var(--dw-accent-soft)",
    "input_background_fill": "var(--dw-surface)",
    "input_background_fill_focus": "var(--dw-surface)",
    "input_border_color": "var(--dw-line)",
    "input_border_color_focus": "var(--dw-accent)",
    "input_placeholder_color": "var(--dw-faint)",
    "button_primary_background_fill": "var(--dw-accent)",
    "button_primary_background_fill_hover": "var(--dw-accent)",
    "button_primary_text_color": "var(--dw-surface)",
    "button_secondary_background_fill": "var(--dw-surface)",
    "button_secondary_background_fill_hover": "var(--dw-raised)",
    "button_secondary_border_color": "var(--dw-line)",
    "button_secondary_text_color": "var(--dw-ink)",
    "button_cancel_background_fill": "var(--dw-surface)",
    "button_cancel_background_fill_hover": "var(--dw-raised)",
    "button_cancel_border_color": "var(--dw-rejected)",
    "button_cancel_text_color": "var(--dw-rejected)",
}
"""The same property in both modes: the variables change their value, not the theme."""


def theme() -> Base:
    """Quiet, flat, system fonts only."""
    made = Base(font=SANS, font_mono=MONO, text_size="sm", spacing_size="sm", radius_size="md")
    known = set(dir(made.set()))
    both = {**PLAIN, **{f"{name}_dark": value for name, value in PLAIN.items()}}
    return made.set(
        **{name: value for name, value in both.items() if name in known},
        block_shadow="none",
        block_border_width="0px",
        input_shadow="none",
        input_shadow_focus="0 0 0 1px var(--dw-accent)",
        button_primary_shadow="none",
        button_secondary_shadow="none",
    )
