"""Makes the embedded models: `python -m workbench.train NAME`. Nothing else imports this package."""
