"""Structured logs of refs only: a field that is not in the registry, or a message with a value in it, does not get out."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

# Every field a log line may carry, and what it is. None is personal: refs, names of parts, counts and codes.
FIELDS: Mapping[str, str] = {
    "region": "code of the region",
    "connection": "name of a connection",
    "segment": "name of a segment",
    "cause": "why a membership changed",
    "moves": "count of memberships changed",
    "reason": "class of an error, a code, or words of ours that hold no value",
    "scorer": "name of a scorer",
    "experiment": "name of a journey or of one of its splits",
    "measure": "name of a measure that must not get worse",
    "child": "name of a process of ours",
    "endpoint": "name of a web endpoint",
    "status": "HTTP status",
    "port": "TCP port on loopback",
    "count": "a count",
    "seconds": "a duration",
    "file": "name of a configuration file",
}
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def only_registered(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drops fields that the registry does not name; says so, so that the gap is seen."""
    kept = {
        name: value
        for name, value in event.items()
        if name in FIELDS or name in {"event", "level", "timestamp", "logger"}
    }
    dropped = sorted(event.keys() - kept.keys() - {"_record", "_from_structlog"})
    if dropped:
        kept["event"] = f"{kept.get('event', '')} [dropped fields: {', '.join(dropped)}]"
    return kept


def extras(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The `extra` of standard logging; and of an exception its class and place, never its words."""
    record: logging.LogRecord | None = event.get("_record")
    if record is not None:
        event.update(
            {name: value for name, value in vars(record).items() if name not in STANDARD and not name.startswith("_")}
        )
        if record.exc_info and record.exc_info[0] is not None:
            event["reason"] = where(record.exc_info)
            event.pop("exc_info", None)
    return event


def where(exc_info: Any) -> str:
    kind, _, trace = exc_info
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace is not None else ""
    return f"{kind.__name__}{place}"


def set_up(level: str = "INFO", region: str = "", stream: TextIO | None = None) -> None:
    """One line of JSON per event on `stream`, by default standard error."""
    structlog.contextvars.bind_contextvars(**({"region": region} if region else {}))
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, extras],
        processors=[
            only_registered,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("alembic", "pikepdf", "urllib3", "werkzeug"):
        logging.getLogger(noisy).setLevel("WARNING")
    logging.getLogger("rq.worker").setLevel("CRITICAL")  # it would write an error's own words, which may hold a value
