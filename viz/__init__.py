"""Pictures and words: this package sees a Trace and nothing else (no torch, no gradio)."""
