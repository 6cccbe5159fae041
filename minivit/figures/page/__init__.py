"""The page of a model: one HTML file that runs it, forward and backward, and shows every number.

What Python does:

    explainer.py     the whole page of a model and some images
    shown.py         which models a page can show, and which not
    payload.py       weights, images, names and sizes, as the page reads them
    recording.py     what a page without the weights is told: arrays of some blocks, and maps
    recorded_reasons.py  the maps of Why, for such a page
    gallery.py       test images, packed, and what the model says of each
    learning.py      the curve of a run, and the model at moments of it
    rounding.py      weights rounded, as those of the moments are
    against.py       other models in the same page
    letters.py       bytes as letters that may stand in the page
    floats.py        weights as bytes, their exponents in few bits
    measures.py      how far the model's heads look, over many images
    fingerprints.py  signed sums of every array, by which the page sees that it computes the same
    without_scripts.py  the answers and a picture, for browsers that run no scripts
    shell.py         the HTML around it, and what the browser may run of it
    sources.py       the files below, put together

What the browser does, in JavaScript that is read as the Python is:

    ops/*.js         the mathematics a third time: the ops of minivit/ops, under their names
    model/*.js       the same of minivit/models: a ViT, and a trace of it
    tables/*.js      how each number is made, and its gradient: a line for every array
    inspection/*.js  what minivit/inspection reads off a model, as far as a page shows it
    views/*.js       what is seen of the trace
    page.css         how it looks
    strings.*.json   what it says
"""

from minivit.figures.page.explainer import Shown, explainer_page
from minivit.figures.page.gallery import Gallery
from minivit.figures.page.learning import Learning

__all__ = ["Gallery", "Learning", "Shown", "explainer_page"]
