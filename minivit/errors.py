"""The one exception for what a user can mend."""


class InputError(ValueError):
    """Bad input: its message says what was given, what is allowed and what to do."""
