"""Many runs at once: the statistics of a sweep, their figures, and a report of them."""

from viz.batch.digest import FORMAT, digest
from viz.batch.gallery import figure, overview, runs
from viz.batch.groups import Batch
from viz.batch.page import page
from viz.batch.report import report

__all__ = ["FORMAT", "Batch", "digest", "figure", "overview", "page", "report", "runs"]
