"""A log line carries what the registry names, and nothing else: no value, no words of an error."""

import io
import json
import logging

import pytest
import structlog

from hub import log


@pytest.fixture
def lines():
    root = logging.getLogger()
    handlers, level, stream = root.handlers[:], root.level, io.StringIO()
    log.set_up(region="eu", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()


def test_a_registered_field_gets_out(lines):
    logging.getLogger("hub.test").warning("connection rests", extra={"connection": "crm"})

    line = lines()[0]
    assert (line["event"], line["connection"], line["level"]) == ("connection rests", "crm", "warning")


def test_an_unregistered_field_is_dropped_and_the_gap_is_seen(lines):
    logging.getLogger("hub.test").warning("customer changed", extra={"email": "anna@example.org"})

    line = lines()[0]
    assert "anna@example.org" not in json.dumps(line)
    assert "[dropped fields: email]" in line["event"]


def test_an_error_is_told_by_class_and_place_never_by_its_words(lines):
    try:
        raise ValueError("no such customer: Anna Weiß")
    except ValueError:
        logging.getLogger("hub.test").exception("request failed")

    line = lines()[0]
    assert "Anna" not in json.dumps(line, ensure_ascii=False)
    assert line["reason"].startswith("ValueError at ")


def test_the_queue_may_not_write_an_errors_words(lines):
    logging.getLogger("rq.worker").error("job drain-crm-0: exception raised: Anna Weiß")

    assert lines() == []
