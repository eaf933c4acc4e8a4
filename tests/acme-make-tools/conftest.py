"""The bundle as installed: its source on the path, as `uv pip install -e .` would put it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "src"))
