"""A gauge is read by another process than the one that moves it."""

import os

from hub.demo.gauge import Gauge


def test_what_a_child_brings_in_is_seen_by_its_parent():
    gauge = Gauge(["eu", "gcc"])
    child = os.fork()
    if child == 0:
        gauge.expect("gcc", 10, rest=30)
        gauge.advance("gcc", 4)
        os._exit(0)
    os.waitpid(child, 0)

    assert gauge.seen() == {"eu": (0, 0), "gcc": (4, 40)}


def test_the_rest_is_corrected_once_it_is_known():
    gauge = Gauge(["eu"])
    gauge.expect("eu", 10, rest=30)
    gauge.advance("eu", 10)
    gauge.expect("eu", 20, rest=0)

    assert gauge.seen()["eu"] == (10, 30)
