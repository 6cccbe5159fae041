"""A student's functions in this process: what isolation does for the checker, without a process."""

import warnings

import numpy as np

from minivit.checking.calls import OPS
from minivit.checking.student.isolation.answers import Handle, answer_of
from minivit.checking.student.isolation.child import Student
from minivit.checking.student.isolation.loading import defined, signatures
from minivit.checking.student.isolation.process import found_in
from minivit.checking.student.isolation.results import trouble
from minivit.checking.student.isolation.sentences import failed
from minivit.checking.student.isolation.starting import USUAL

PATH = "student.py"


class Direct:
    """Calls the functions of a file's text as its process would, and describes what they return."""

    def __init__(self, text: str):
        self.student = Student()
        names: dict = {"__name__": "student"}
        exec(compile(text, PATH, "exec"), names)
        self.student.names, self.student.path = names, PATH
        ops = defined(names, OPS)
        self.found = found_in({"defined": ops, "takes": signatures(names, ops), "borrowed": {}})

    def forward(self, op, inputs, options):
        return self.answer(self.student.forward, op, tuple(inputs), dict(options))

    def backward(self, op, dy, cache):
        return self.answer(self.student.backward, op, dy, cache.number, {})

    def reference(self, op, inputs, options):
        message = self.student.reference(op, tuple(inputs), dict(options))
        return Handle(message["handle"], 0)

    def answer(self, function, *arguments):
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a process prints them, and goes on
                message = function(*arguments)
        except Exception as error:
            raise failed(trouble(error, PATH), function.__name__, USUAL) from error
        return answer_of(message, 0)
