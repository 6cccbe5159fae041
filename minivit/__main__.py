"""`python -m minivit` is `minivit`."""

import sys

from minivit.cli.main import main

sys.exit(main())
