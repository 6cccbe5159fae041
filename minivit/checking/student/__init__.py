"""The checker of a student's own layers: `minivit check FILE`."""
