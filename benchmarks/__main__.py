"""`python -m benchmarks NAME` in the checkout is `minivit bench NAME`."""

import sys

from minivit.cli.main import main

if __name__ == "__main__":  # the sides' processes import this file too
    sys.exit(main(["bench", *sys.argv[1:]]))
