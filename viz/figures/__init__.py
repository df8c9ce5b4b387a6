"""One file per figure; `viz.figure` finds them."""
