import pytest
from machine_facts import WELL

from minivit.checking import advice as module
from minivit.checking.twins import Twin


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in module.SLOWING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "processor_quota", lambda: None)


def advice(**changes) -> list[str]:
    """What is advised when some facts are otherwise than well."""
    facts = {name: WELL[name] for name in WELL}
    for name, change in changes.items():
        name = name.replace("_", "-")
        facts[name] = {**WELL[name], **change} if isinstance(change, dict) else change
    return list(module.advice(facts))


def test_nothing_to_do_when_all_is_well():
    assert advice() == []


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"trouble": "Numba needs NumPy 2.4 or less"}, "pip install --upgrade numba"),
        ({"trouble": "No module named 'numba'", "versions": {"numba": None}},
         "(No module named 'numba'), so that all runs on NumPy, several times slower: "
         "`pip install numba`"),
        ({"threads": {"threads": 1, "kernel threads": 1}}, "1 of 4 processors are used: unset"),
        ({"threads": {"threads": 9, "kernel threads": 9}}, "set MINIVIT_NUM_THREADS=4, or"),
        ({"threads": {"kernel threads": 2}}, "run on 2 threads, and 4 were asked for"),
        ({"cache": {"state": "off", "why off": "MINIVIT_CACHE=0"}}, "MINIVIT_CACHE=0, and every"),
        ({"cache": {"state": "off", "why off": "neither a nor b can be written"}},
         "can't be kept (neither a nor b can be written)"),
        ({"cache": {"temporary": True}}, "set XDG_CACHE_HOME to a folder"),
        ({"self_test": [Twin("mlp", "float32", 0.5)]}, "differ from their ops: mlp in float32."),
        ({"self_test": [Twin("mlp", "float64", float("nan"))]}, "mlp in float64. Set MINIVIT_BAC"),
    ],
)  # fmt: skip
def test_one_sentence_for_each_thing_that_is_off(changes, words):
    (sentence,) = advice(**changes)
    assert words in sentence and sentence.endswith(".")


def test_a_container_that_gets_less_time_than_it_shows(monkeypatch):
    monkeypatch.setattr(module, "processor_quota", lambda: 2.0)
    (sentence,) = advice()
    assert "the time of 2 processors: set MINIVIT_NUM_THREADS=2." in sentence
    assert advice(threads={"threads": 2, "kernel threads": 2}) == []


@pytest.mark.parametrize(
    "name, value, harmless",
    [("NUMBA_DISABLE_JIT", "1", "0"), ("NUMBA_OPT", "0", "3"), ("NUMBA_CPU_NAME", "nocona", "")],
)
def test_settings_that_slow_the_kernels_down(name, value, harmless, monkeypatch):
    monkeypatch.setenv(name, value)
    assert advice() == [f"{name} is set, and slows the kernels down: unset it."]
    monkeypatch.setenv(name, harmless)
    assert advice() == []
