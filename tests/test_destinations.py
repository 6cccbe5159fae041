"""Where gradients of weights are written."""

import numpy as np

from minivit.destinations import Destinations, gradient_like, is_part, replacing


def two_vectors():
    return np.arange(12, dtype=np.float32), np.zeros(12, np.float32)


def test_a_weight_gets_the_part_of_the_gradients_that_belongs_to_it():
    parameters, gradients = two_vectors()
    w = parameters[3:9].reshape(2, 3)
    with replacing(Destinations(parameters, gradients)):
        dw = gradient_like(w)
        assert dw.shape == w.shape and is_part(dw, gradients)
        dw[...] = w
    assert np.array_equal(gradients, [0, 0, 0, 3, 4, 5, 6, 7, 8, 0, 0, 0])


def test_what_is_no_part_of_the_parameters_gets_an_array_of_its_own():
    parameters, gradients = two_vectors()
    of = Destinations(parameters, gradients).of
    assert of(np.zeros((2, 3), np.float32)) is None
    assert of(parameters.astype(float)) is None
    assert of(parameters.reshape(3, 4).T) is None  # it lies otherwise in memory
    assert of(np.concatenate([parameters, parameters])) is None
    with replacing(Destinations(parameters, gradients)):
        dw = gradient_like(parameters.reshape(3, 4).T)
        assert dw.shape == (4, 3) and not is_part(dw, gradients)
    assert not gradients.any()


def test_each_part_is_given_once_and_only_inside():
    """A second gradient of the same weight is added to the first: it needs a place of its own."""
    parameters, gradients = two_vectors()
    with replacing(Destinations(parameters, gradients)):
        assert is_part(gradient_like(parameters[:4]), gradients)
        assert not is_part(gradient_like(parameters[:4]), gradients)
    assert not is_part(gradient_like(parameters[:4]), gradients)


def test_a_part_of_a_part():
    whole = np.zeros(20, np.float32)
    assert is_part(whole[4:8].reshape(2, 2), whole[2:])
    assert not is_part(np.zeros(4), whole)
