"""Drawings, as files: where a model looks, how a training went, what a lesson shows.

look.py         how all of them look: colours, words, a panel of curves
saving.py       figures of matplotlib: made, written, and known again
paper.py        a sheet that Pillow draws on, without matplotlib
attention.py    on it: where a run's model looks, head by head, and what it got wrong

curve.py        loss and accuracy of one run
runs.py         runs, compared
updates.py      how far steps move the weights, place by place
lesson.py       the picture that a lesson leaves

views.py        all figures of `minivit look`, by name
subject.py      what they are taken at: a model, images, and what it says of them
tiles.py        their tiles: images, images under the marker, maps with a sign
heads.py        where each head of a block looks, the last one if none is named
rollout.py      attention through all blocks (the ViT paper's figure 6)
learned.py      filters, positions, distances (figure 7)
similarity.py   how alike positions are (figures 7 and 10)
distances.py    how far heads look (figures 7 and 11)
reasons.py      maps of why this class
lens.py         what the head would say at every depth
maps.py         how strongly every layer answers

page/           the page of `minivit explain`: a model that runs in the browser
"""

from minivit.figures.attention import attention_picture
from minivit.figures.curve import training_curve
from minivit.figures.lesson import keep_picture
from minivit.figures.runs import Run, is_ours, runs_picture
from minivit.figures.saving import can_draw

__all__ = [
    "Run",
    "attention_picture",
    "can_draw",
    "is_ours",
    "keep_picture",
    "runs_picture",
    "training_curve",
]
