"""Files: any CSV or NDJSON, read by a mapping, streamed in pages that are known again by their content."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from connectors.csvfile.rows import Counter, Row, page_of, read_rows
from connectors.csvfile.words import record_of
from hub.sdk import Account, FileMapping, ImportPage, Kind, Record, Topic, WrongInput, hookimpl

PAGE = 500  # rows: one delivery, one transaction
LONGEST = 5000  # rows: a page goes on while the customer stays the same, so that nobody is judged by half a history


class CsvFile:
    name: ClassVar[str] = "csvfile"
    kind: ClassVar[Kind] = "import"
    topics: ClassVar[tuple[Topic, ...]] = ()

    def __init__(self, account: Account) -> None:
        self.account = account

    def read(self, path: Path, mapping: FileMapping) -> Iterator[ImportPage]:
        """Stream the file: good rows as pages for the inbox, bad ones as problems beside them."""
        counter = Counter(mapping)
        batch: list[tuple[int, dict[str, str]]] = []
        for row in read_rows(path, mapping):
            if len(batch) >= PAGE and (len(batch) == LONGEST or not same_customer(batch[-1], row, mapping)):
                yield page_of(batch, mapping, counter)
                batch = []
            batch.append(row)
        if batch:
            yield page_of(batch, mapping, counter)

    def normalise(self, payload: bytes) -> Iterable[Record]:
        try:
            page = json.loads(payload)
            return [record_of(page["record"], row) for row in page["rows"]]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            why = f"({type(error).__name__})"
            raise WrongInput(
                f"A page of an import makes no sense {why}.", "Check the mapping; import the file again."
            ) from None


def same_customer(one: Row, other: Row, mapping: FileMapping) -> bool:
    return one[1].get(mapping.number) == other[1].get(mapping.number)


@hookimpl
def register_connectors() -> Sequence[type[CsvFile]]:
    return [CsvFile]
