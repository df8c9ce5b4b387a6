"""The page: the only package, with app.py, that imports gradio. It is handed the pictures."""
