"""`python -m synalinks.cli` is the command `synalinks`."""

import sys

from synalinks.cli._main import main

sys.exit(main())
