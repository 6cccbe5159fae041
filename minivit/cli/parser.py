"""How `minivit VERB ...` is read: an error is one sentence, not a page of usage."""

import argparse
import importlib

import minivit
from minivit.cli.printing import one_message
from minivit.errors import InputError
from minivit.nearest import nearest

VERBS = (
    "train", "finetune", "recipes", "plot", "evaluate", "predict", "look", "explain", "probe",
    "fetch", "export", "info", "data", "gradcheck", "check", "lessons", "experiment", "bench",
    "doctor", "warmup",
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """argparse's parser, but an error is a sentence that says where help is."""

    def error(self, message: str):
        said = one_message(message)
        self.exit(2, f"{self.prog}: {said}; `{self.prog} --help` lists the options\n")

    def parse_known_args(self, args=None, namespace=None):
        """Words behind an option go to the argument that takes any number of them, too.

        Before Python 3.13 argparse fills that one at the first word, and has none left for them.
        """
        found, rest = super().parse_known_args(args, namespace)
        for action in self._actions:
            if not action.option_strings and action.nargs == "*":
                words = [word for word in rest if not word.startswith("--")]
                getattr(found, action.dest).extend(words)
                rest = [word for word in rest if word.startswith("--")]
        return found, rest

    def refuse_unknown(self, words: list[str]) -> None:
        """InputError for the first option that this parser lacks, with the nearest that it has.

        It comes first: argparse would complain of the arguments that a typo took with it.
        """
        known = [option for option in self._option_string_actions if option.startswith("--")]
        for word in words:
            option = word.partition("=")[0]
            if word == "--":
                return
            if word.startswith("--") and option not in known:
                raise InputError(
                    f"{self.prog.partition(' ')[2] or 'minivit'} has no option {option}"
                    f"{nearest(option, known)}; `{self.prog} --help` lists them"
                )


def read(verb: str | None, argv: list[str]) -> argparse.Namespace | None:
    """The arguments of a command line; None without a verb, when help was printed.

    Raises InputError for an unknown option, and SystemExit as argparse does.
    """
    parser, of_verb = build_parsers(verb)
    of_verb.refuse_unknown(argv)
    arguments, rest = parser.parse_known_args(argv)
    if rest:
        of_verb.error(f"there is nothing to do with {' '.join(rest)}")
    if verb is None:
        parser.print_help()
        return None
    return arguments


def build_parsers(verb: str | None) -> tuple[Parser, Parser]:
    """The whole command line's parser, and that of `verb` in it (without a verb: the whole one).

    Only `verb` gets its arguments. The others need no more than their line of help, so nothing is
    imported for their defaults.
    """
    parser = Parser(
        prog="minivit",
        description="A Vision Transformer from scratch: train it, use it, look inside.",
        epilog="`minivit VERB --help` lists the options of a verb and their defaults.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"minivit {minivit.__version__}")
    verbs = parser.add_subparsers(metavar="VERB", title="verbs")
    of_verb = parser
    for name in VERBS:
        module = importlib.import_module(f"minivit.cli.{name}")
        options = verbs.add_parser(
            name, help=module.HELP, description=module.__doc__, allow_abbrev=False
        )
        if name == verb:
            module.add_arguments(options)
            of_verb = options
    return parser, of_verb
