import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

from detectors.lookahead import in_order


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order_whatever_takes_longest(workers):
    def work(item):
        time.sleep(0.01 * (item % 3 == 0))
        return -item

    assert list(in_order(iter(range(20)), work, workers)) == [(i, -i) for i in range(20)]


def test_items_and_work_overlap():
    both = threading.Barrier(2, timeout=60)

    def items():
        yield 0
        both.wait()
        yield 1

    def work(item):
        if item == 0:
            both.wait()
        return item

    assert [result for _, result in in_order(items(), work, 1)] == [0, 1]


def test_no_more_than_a_few_items_wait():
    drawn = []

    def items():
        for i in range(50):
            drawn.append(i)
            yield i

    for item, _ in in_order(items(), lambda item: item, 2):
        time.sleep(0.001)
        assert len(drawn) <= item + 6


@pytest.mark.parametrize("where", ["items", "work"])
def test_what_goes_wrong_is_raised_where_it_happened(where):
    def items():
        yield 0
        yield 1
        if where == "items":
            raise OSError("broken")
        yield 2

    def work(item):
        if where == "work" and item == 2:
            raise OSError("broken")
        return item

    got = []
    with pytest.raises(OSError, match="broken"):
        got.extend(item for item, _ in in_order(items(), work, 2))
    with closing(in_order(items(), work, 2)) as results:
        assert [next(results)[0] for _ in range(2)] == [0, 1]


def test_who_stops_early_leaves_no_thread_behind():
    others = set(threading.enumerate())
    with closing(in_order(iter(range(1000)), lambda item: item, 2)) as results:
        next(results)
    assert set(threading.enumerate()) <= others


def test_a_detector_that_never_answers_is_given_up():
    hangs = threading.Event()
    with pytest.raises(TimeoutError, match="the detector gave no boxes for 0.05 s"):
        next(in_order(iter([0]), lambda _: hangs.wait(), 1, patience_s=0.05))
    hangs.set()


def test_a_decoder_that_hangs_is_given_up():
    hangs = threading.Event()

    def items():
        yield 0
        hangs.wait()

    results = in_order(items(), lambda item: item, 1, patience_s=0.05)
    next(results)
    with pytest.raises(TimeoutError, match="no frame was decoded for 0.05 s"):
        next(results)
    hangs.set()


def test_a_process_ends_though_a_thread_of_it_hangs():
    says = """
import threading
from detectors.lookahead import in_order
next(in_order(iter([0]), lambda _: threading.Event().wait(), 1, patience_s=0.05))
"""
    done = subprocess.run([sys.executable, "-c", says], capture_output=True, text=True, timeout=120)
    assert done.stderr.endswith("StalledError: the detector gave no boxes for 0.05 s\n")


def test_a_timeout_of_the_work_is_its_own():
    def work(_):
        raise TimeoutError("of a lock")

    with pytest.raises(TimeoutError, match="of a lock"):
        next(in_order(iter([0]), work, 1))
