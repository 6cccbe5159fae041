"""Models: ops composed into a Vision Transformer, a hybrid or a ResNet.

Begin with vit.py: it is the whole model on one page.

    vit.py                the parameters, then the forward, then the backward in mirror order
    embedding.py          the same of the way from the pixels to the tokens
    backbone.py           the same of the convolutions in front of a hybrid, or of a ResNet
    block.py              the same of one encoder block
    positions.py          the same of positions, wherever a model has them
    head.py               the same of the way from the last tokens to the logits
    resnet.py             a ResNet: a backbone, and a head
    initialisation.py     how an array may begin
    beginnings.py         the ways in which a model may begin, made of these
    mimetic.py            one of them: attention as training leaves it
    chance.py             what a training step leaves to chance, and dropout after the embedding
    architecture.py       a kind of model as the files below see it: a name and five functions
    families.py           the kinds of model that there are, and which one a configuration asks for

Without labels, for pre-training; what is hidden of an image is to be told:

    masked_patches.py     a ViT that tells the mean colours of corrupted patches
    masked_autoencoder.py one that sees few patches; a small decoder tells the pixels of the others
    losses.py             what its outputs should be, and how far they are from it

With names instead of classes:

    two_towers.py         a ViT for images and one for names, drawn together by a contrastive loss
    script.py             how a name is written, so that a ViT can read it

    configuration.py      what all configurations have in common
    config.py             the sizes and options of a ViT
    backbone_options.py   those of a backbone, which a ViT may have and a ResNet has
    backbone_units.py     the convolutions that follow from them
    resnet_config.py      those of a ResNet
    objective.py          what is learnt: classes, or what is hidden
    combinations.py       refuses options that don't go together
    hidden_combinations.py  the same of what learns without labels
    limits.py             refuses sizes that no machine can hold
    memory.py             refuses a batch that this machine can't hold
    variants.py           configurations that have names, such as B/16
    shrinking.py          the same structure in a size whose gradients can be checked

    model.py              what a user holds: parameters, gradients, forward, backward
    caches.py             what its forward keeps for its backward
    images.py             checks the images that a model is given
    gradient_inputs.py    checks what its backward is given
    class_names.py        a name for every class

    trace.py              every intermediate array and its gradient, by name
    counting.py           what each place of a model costs
    cost.py               what a model costs in all
    facts.py              names and shapes, without a model
    representation.py     what the head reads of an image: frozen features
    interpolation.py      from so many places along an axis to more or fewer
"""

from minivit.models.config import ViTConfig
from minivit.models.facts import parameter_count, parameter_shapes, trace_names
from minivit.models.families import Config, architecture_of, layout_of
from minivit.models.model import Model, ResNet, ViT, class_of
from minivit.models.representation import representation
from minivit.models.resnet_config import ResNetConfig
from minivit.models.script import Script, script_of
from minivit.models.shrinking import shrunk
from minivit.models.trace import Trace
from minivit.models.two_towers import TwoTowers
from minivit.models.variants import as_config, variant

__all__ = [
    "Config",
    "Model",
    "ResNet",
    "ResNetConfig",
    "Script",
    "Trace",
    "TwoTowers",
    "ViT",
    "ViTConfig",
    "architecture_of",
    "as_config",
    "class_of",
    "layout_of",
    "parameter_count",
    "parameter_shapes",
    "representation",
    "script_of",
    "shrunk",
    "trace_names",
    "variant",
]
