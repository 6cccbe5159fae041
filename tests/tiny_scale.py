"""A scale so small that a test may run an experiment."""

from minivit.experiments import Scale

TINY = Scale("tiny", seeds=(0, 1), train=60, test=20, epochs=0.01)
