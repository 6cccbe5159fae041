"""The command line, `minivit VERB`: one file a verb, each with HELP, add_arguments and run.

Verbs are read before NumPy is: their files import it, and all that needs it, inside `run`.
"""
