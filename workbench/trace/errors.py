"""The one error that people see: a sentence with the value, the rule and the way out."""


class WorkbenchError(Exception):
    """An error whose message is one clear sentence for a person; shown without a traceback."""
