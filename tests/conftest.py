"""Tests run on one thread: tiny networks are quickest there, and every machine gives the same bytes."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
torch.set_num_threads(1)
