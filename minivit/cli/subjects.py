"""What a look is taken at: the pictures that were given, or test images of the run."""

from typing import NamedTuple

from minivit.cli.pictures import pictures_of, spelled_out
from minivit.cli.printing import silent_libraries
from minivit.errors import InputError

MEASURED = 128  # images that averages are taken over, as in the ViT paper
SHOWN = 12  # images that a figure shows, at most
ASKED = 512  # test images among which the shown ones are chosen


class Pictures(NamedTuple):
    """Images of a model: a few to show, and more to measure on."""

    names: list[str] | list[int]  # of a page the numbers of test images, which it names itself
    shown: object  # (n, height, width, channels), at most SHOWN
    labels: object | None  # (n,), where they are known
    measured: object  # (m, height, width, channels), at most MEASURED
    measured_labels: object | None = None  # (m,), where they are known


def looked_at(models: dict, given: list[str], target: int | None):
    """A Look at these models, and for those that have no pictures, by name, why: {name: reason}.

    Raises InputError as `pictures_for` does, where pictures were given.
    """
    from minivit.figures.subject import subject
    from minivit.figures.views import Look

    pictures, missing, seen = {}, {}, None
    for name, model in models.items():
        try:
            pictures[name] = pictures_for(model, given)
        except InputError as error:
            if given:
                raise
            missing[name] = str(error)
    first, model = next(iter(models.items()))
    if first in pictures:
        one = pictures[first]
        seen = subject(model, one.names, one.shown, target=target, labels=one.labels)
    measured = {name: one.measured for name, one in pictures.items()}
    known = pictures[first].measured_labels if first in pictures else None
    return Look(models, measured, seen, known), missing


def pictures_for(model, given: list[str]) -> Pictures:
    """The pictures that were given, prepared for the model, or else its test images.

    Raises InputError for a picture that can't be read (OSError, if it can't be opened), and for a
    model that knows no test images where no picture was given.
    """
    return given_pictures(model, given) if given else test_images(model)


def given_pictures(model, given: list[str]) -> Pictures:
    """Pictures by their names; the first bad one is an error."""
    import numpy as np

    from minivit.data.picture_files import prepare_picture
    from minivit.data.preprocessing import check_preprocessing

    check_preprocessing(model.preprocessing, model.config.image, model.config.channels)
    found = [pair for path in spelled_out(given) for pair in pictures_of(path)]
    images = []
    for name, content in found[:MEASURED]:
        if isinstance(name, OSError):
            raise name
        with silent_libraries():
            images.append(prepare_picture(name, model.preprocessing, content).image)
    images = np.stack(images)
    names = [getattr(name, "name", "standard input") for name, _ in found[:SHOWN]]
    return Pictures(names, images[:SHOWN], None, images)


def test_images(model) -> Pictures:
    """Test images of the data that the model has learned from: some read right, some wrong."""
    import numpy as np

    from minivit.data.dataset import evenly

    data, numbers = test_data(model)
    images, labels = data.test.images[numbers], data.test.labels[numbers]
    some = evenly(np.arange(len(images)), min(MEASURED, len(images)))
    known = data.class_names == model.class_names
    chosen = examples(model, images, labels) if known else some[:SHOWN]
    names = [f"test image {number}" for number in numbers[chosen]]
    of_chosen, of_some = (labels[chosen], labels[some]) if known else (None, None)
    return Pictures(names, images[chosen], of_chosen, images[some], of_some)


def test_data(model):
    """The data that the model has learned from, and the numbers of ASKED test images, at most.

    Raises InputError where the data are not at hand, or have no test images.
    """
    import numpy as np

    from minivit.data import data_of, is_own
    from minivit.data.dataset import evenly

    if is_own(model.preprocessing):
        raise InputError(
            "no test images are at hand: it does not tell which data it was trained on, or these "
            "lie in no file; give pictures"
        )
    try:
        data = data_of(model.preprocessing, model.config)
    except InputError as error:
        raise InputError(f"no test images are at hand ({error}): give pictures") from None
    count = len(data.test.labels)
    if not count:
        raise InputError(f"{data.name} has no test images: give pictures")
    return data, evenly(np.arange(count), min(ASKED, count))


def mistake_and_right(model, tests=None) -> Pictures:
    """Two test images: the surest mistake, and one of the same class that the model reads right.

    Where there is no mistake, or nothing right, it is what there is. Their names are their numbers
    among the test images. `tests` is what `test_data` found, if it was asked before. Raises
    InputError as `test_data` does.
    """
    import numpy as np

    from minivit.figures.attention import choose
    from minivit.training import evaluate

    data, numbers = tests or test_data(model)
    images, labels = data.test.images[numbers], data.test.labels[numbers]
    if data.class_names != model.class_names:
        return Pictures(numbers[:2].tolist(), images[:2], None, images[:2])
    with np.errstate(over="ignore", invalid="ignore"):  # a sentence says it better, later
        right, wrong = choose(labels, evaluate(model, images, labels).probabilities)
    alike = [i for i in right if len(wrong) and labels[i] == labels[wrong[0]]] or list(right)
    chosen = np.array([*wrong[:1], *alike[:1]], int)
    return Pictures(numbers[chosen].tolist(), images[chosen], labels[chosen], images[chosen])


def examples(model, images, labels):
    """Which images to show: in turn four that were read right, and the two surest mistakes."""
    import numpy as np

    from minivit.figures.attention import choose
    from minivit.training import evaluate

    with np.errstate(over="ignore", invalid="ignore"):  # a sentence says it better, later
        probabilities = evaluate(model, images, labels).probabilities
    right, wrong = choose(labels, probabilities)
    in_turn = [(right[4 * i : 4 * i + 4], wrong[2 * i : 2 * i + 2]) for i in range(5)]
    return np.concatenate([part for pair in in_turn for part in pair])[:SHOWN]
