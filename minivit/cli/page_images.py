"""Which images a page shows, and which stand behind them to choose from."""

from minivit.errors import InputError


def shown_images(model, given: list[str], label: int | None, tests) -> list:
    """The images of the page: those that were given, or a mistake and a right one.

    Raises InputError as `given_pictures` and `mistake_and_right` do, and for a label without
    pictures.
    """
    from minivit.cli.subjects import given_pictures, mistake_and_right
    from minivit.figures.page import Shown

    if label is not None and not given:
        raise InputError(
            "--label tells the class of pictures, and none is given: give some, or leave it out "
            "(the run's test images have labels)"
        )
    pictures = given_pictures(model, given) if given else mistake_and_right(model, tests)
    labels = pictures.labels
    known = [label] * len(pictures.names) if labels is None else [int(one) for one in labels]
    return [Shown(*one) for one in zip(pictures.names, pictures.shown, known, strict=True)]


def as_many_as_fit(model, shown: list, **limits) -> list:
    """Images that nobody has asked for: all of them, or the first where the page holds no more."""
    from minivit.figures.page.explainer import check_explained

    try:
        check_explained(model, shown=len(shown), **limits)
    except InputError:
        return shown[:1]
    return shown


def tests_of(model):
    """The data and numbers of the model's test images, or None where they are not at hand."""
    from minivit.cli.subjects import test_data

    try:
        return test_data(model)
    except InputError:
        return None


def gallery_of(model, tests):
    """The test images with their classes, if there are some that the model knows."""
    from minivit.figures.page import Gallery

    if tests is None or tests[0].class_names != model.class_names:
        return None
    data, numbers = tests
    images, labels = data.test.images[numbers], data.test.labels[numbers]
    return Gallery(numbers, images, labels, len(data.test.labels))
