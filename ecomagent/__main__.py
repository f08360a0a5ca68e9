"""Lets ``python -m ecomagent`` run the command line, whatever lies in the current folder."""

import os
import sys

if sys.path and sys.path[0] in ("", os.getcwd()):  # a merchant's own tools/ must not shadow ours
    sys.path.pop(0)

from ecomagent.cli import main

main()
