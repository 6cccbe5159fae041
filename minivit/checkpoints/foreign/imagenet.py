"""What the 1000 classes of ImageNet are called (imagenet_classes.txt tells source and licence)."""

from pathlib import Path

CLASSES = Path(__file__).with_name("imagenet_classes.txt")
COUNT = 1000
IMAGENET = "ImageNet's, as no file tells them"  # an assumption, in words


def names_if_imagenet(classes: int) -> list[str] | None:
    """The names in the order of the logits; None for another number of classes.

    Most files with 1000 classes are ImageNet's; where no file tells it, it is an assumption.
    """
    if classes != COUNT:
        return None
    lines = CLASSES.read_text(encoding="utf-8").splitlines()
    return [line.partition(" ")[2] for line in lines if not line.startswith("#")]
