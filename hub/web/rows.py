"""Rows of an upload, one by one and in bounded memory: CSV, NDJSON or a JSON list, each also as gzip."""

import csv
import difflib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from hub.errors import NotJson, TooLarge, WrongInput
from hub.sdk import RowProblem

MOST_BYTES = 128_000_000  # of an upload when it is unpacked
MOST_ROW = 16_384
MOST_ROWS = 500_000
CHUNK = 65_536
GZIP = b"\x1f\x8b"
ONE_LINE = "Write one row a line, at most 16 kB."


@dataclass(frozen=True)
class Row:
    """line: from 1; of a JSON list, the place in the list."""

    line: int
    values: Mapping[str, Any]


def read_rows(
    stream: BinaryIO, content_type: str, columns: Sequence[str], needed: Sequence[str]
) -> Iterator[Row | RowProblem]:
    """What is wrong with one row is a RowProblem, what is wrong with the whole raises: NotJson, TooLarge, WrongInput."""
    kind = content_type.partition(";")[0].strip().lower()
    readers = {"text/csv": _csv, "application/x-ndjson": _ndjson, "application/json": _json}
    if kind not in readers:
        raise WrongInput(f"“{kind or 'nothing'}” is no type of rows.", f"Send one of: {', '.join(readers)}.")
    for count, row in enumerate(readers[kind](_unpacked(stream), columns, needed), 1):
        if count > MOST_ROWS:
            raise TooLarge(f"An upload may have {MOST_ROWS:,} rows.", "Send it in several.")
        yield row


def _unpacked(stream: BinaryIO) -> Iterator[bytes]:
    """Chunks, unpacked where they are gzip, whatever the headers say; never more than MOST_BYTES of them."""
    first = stream.read(CHUNK)
    chunks = _gunzip(first, stream) if first.startswith(GZIP) else _plain(first, stream)
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST_BYTES:
            raise TooLarge(f"An upload may have {MOST_BYTES:,} bytes when unpacked.", "Send it in several.")
        yield chunk


def _plain(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    while first:
        yield first
        first = stream.read(CHUNK)


def _gunzip(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """At most CHUNK bytes come out at a time, so that a bomb is stopped at the limit and not when it has gone off."""
    unpacker, raw = zlib.decompressobj(31), first
    try:
        while raw or unpacker.unconsumed_tail:
            yield unpacker.decompress(unpacker.unconsumed_tail or raw, CHUNK)
            if unpacker.eof:  # another member may follow
                raw, unpacker = unpacker.unused_data or stream.read(CHUNK), zlib.decompressobj(31)
                if not raw:
                    return
            elif not unpacker.unconsumed_tail:
                raw = stream.read(CHUNK)
        tail = unpacker.flush()
    except zlib.error:
        raise WrongInput("The gzip is damaged.", "Pack it anew; nothing of it was taken.") from None
    if not unpacker.eof:
        raise WrongInput("The gzip ends too early.", "Send it whole; nothing of it was taken.")
    yield tail


def _lines(chunks: Iterator[bytes]) -> Iterator[tuple[int, str | RowProblem]]:
    """Lines with their numbers; one that is too long is passed over without being held, empty ones are nothing."""
    number, rest, skipping = 0, b"", False
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for raw in whole:
            number += 1
            yield number, _too_long(number) if skipping or len(raw) > MOST_ROW else _text(number, raw)
            skipping = False
        if len(rest) > MOST_ROW:
            rest, skipping = b"", True
    if rest or skipping:
        yield number + 1, _too_long(number + 1) if skipping else _text(number + 1, rest)


def _too_long(line: int) -> RowProblem:
    return RowProblem(line, "", "the row is too long", ONE_LINE)


def _text(line: int, raw: bytes) -> str | RowProblem:
    try:
        text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return RowProblem(line, "", f"byte {error.start + 1} of the row is no UTF-8", "Save the file as UTF-8.")
    return text if "\0" not in text else RowProblem(line, "", "the row has a zero byte", "Save the file as text.")


def _csv(chunks: Iterator[bytes], columns: Sequence[str], needed: Sequence[str]) -> Iterator[Row | RowProblem]:
    header: list[str] = []
    mark = ","
    for line, text in _lines(chunks):
        if isinstance(text, str) and not text.strip():
            continue
        if not header:
            header, mark = _header(text, columns, needed)
        else:
            yield text if isinstance(text, RowProblem) else _cells(line, text.rstrip("\r"), header, mark)
    if not header:
        raise WrongInput("The file is empty.", f"Its first line names the columns: {','.join(columns)}.")


def _header(text: str | RowProblem, columns: Sequence[str], needed: Sequence[str]) -> tuple[list[str], str]:
    if isinstance(text, RowProblem):
        raise WrongInput(f"Line 1: {text.reason}.", text.hint)
    mark = max(",;\t", key=text.count)
    names = [name.strip().strip('"').lower() for name in text.split(mark)]
    _check_names(names, columns)
    missing = [name for name in needed if name not in names]
    if missing:
        raise WrongInput(f"The column {', '.join(missing)} is missing.", f"Columns: {', '.join(columns)}.")
    if len(set(names)) != len(names):
        raise WrongInput("A column stands there twice.", f"Columns: {', '.join(columns)}.")
    return names, mark


def _check_names(names: Sequence[str], columns: Sequence[str]) -> None:
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Columns: {', '.join(columns)}."
            raise WrongInput(f"The column “{name[:40]}” is unknown.", hint)


def _cells(line: int, text: str, header: list[str], mark: str) -> Row | RowProblem:
    try:
        cells = next(csv.reader([text], delimiter=mark, strict=True)) if '"' in text else text.split(mark)
    except csv.Error:
        return RowProblem(line, "", "a quote is not closed", "The file may have been cut off here.")
    if len(cells) != len(header):
        hint = (
            "The file may have been cut off here."
            if len(cells) < len(header)
            else "Quote cells that hold the separator."
        )
        return RowProblem(line, "", f"the row has {len(cells)} of {len(header)} cells", hint)
    return Row(line, {name: cell for name, cell in zip(header, cells, strict=True) if cell.strip()})


def _ndjson(chunks: Iterator[bytes], columns: Sequence[str], needed: Sequence[str]) -> Iterator[Row | RowProblem]:
    for line, text in _lines(chunks):
        if isinstance(text, RowProblem):
            yield text
        elif text.strip():
            try:
                yield _object(line, json.loads(text, parse_constant=_no_number))
            except (ValueError, RecursionError):
                yield RowProblem(line, "", "the line is no JSON", "One JSON object a line; NaN and Infinity are none.")


def _json(chunks: Iterator[bytes], columns: Sequence[str], needed: Sequence[str]) -> Iterator[Row | RowProblem]:
    try:
        found = json.loads(b"".join(chunks), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise NotJson("The body is no JSON.", "NaN and Infinity are none; nothing of it was taken.") from None
    if not isinstance(found, list):
        raise WrongInput("The body is no JSON list.", "Send [{…}, {…}], or one object a line as NDJSON.")
    for place, one in enumerate(found, 1):
        yield _object(place, one)


def _no_number(name: str) -> None:
    raise ValueError(name)


def _object(line: int, found: Any) -> Row | RowProblem:
    if isinstance(found, dict):
        return Row(line, found)
    return RowProblem(line, "", "the row is no JSON object", "Write {…} with the columns as names.")
