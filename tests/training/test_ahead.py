import threading

import pytest

from minivit.training.ahead import ahead


def test_everything_comes_in_order():
    assert [(item, made()) for item, made in ahead(lambda n: n * n, range(5))] == [
        (n, n * n) for n in range(5)
    ]
    assert list(ahead(lambda n: n, [])) == []


def test_the_next_is_made_in_another_thread_while_the_present_one_is_in_use():
    second_is_made, threads = threading.Event(), set()

    def make(number):
        threads.add(threading.current_thread())
        if number == 1:
            second_is_made.set()
        return number

    things = ahead(make, range(3))
    _, first = next(things)
    assert first() == 0 and second_is_made.wait(10)
    assert [made() for _, made in things] == [1, 2]
    assert threading.current_thread() not in threads and len(threads) == 1


def test_an_error_comes_where_its_item_would():
    things = ahead(lambda n: 1 // n, [1, 0, 2])
    assert next(things)[1]() == 1
    _, second = next(things)
    with pytest.raises(ZeroDivisionError):
        second()
    assert next(things)[1]() == 0


def test_who_stops_early_leaves_no_thread():
    before = set(threading.enumerate())
    things = ahead(lambda n: n, range(10**9))
    next(things)
    things.close()
    assert set(threading.enumerate()) <= before  # others may have ended meanwhile
