"""The tests, one folder for each package; ``make.py`` makes leads."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
