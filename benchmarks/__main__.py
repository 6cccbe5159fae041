"""`python -m benchmarks NAME` in the checkout is `minivit bench NAME`."""

import argparse
import sys

from minivit.cli.arguments import add_threads
from minivit.cli.main import BAD_INPUT, complain
from minivit.cli.sentences import sentence
from minivit.errors import InputError

from . import command


def main() -> int:
    parser = argparse.ArgumentParser("python -m benchmarks", description=command.DESCRIPTION)
    command.add_arguments(parser)
    add_threads(parser)
    try:
        return command.run(parser.parse_args())
    except InputError as error:
        return complain(str(error), BAD_INPUT)
    except OSError as error:
        return complain(sentence(error), BAD_INPUT)
    except KeyboardInterrupt:
        return complain("interrupted", 130)


if __name__ == "__main__":  # the sides' processes import this file too
    sys.exit(main())
