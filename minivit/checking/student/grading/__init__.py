"""For instructors: points for verdicts, results for Gradescope, and a whole folder in a table."""
