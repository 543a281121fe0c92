"""Bad rule files get a clear answer: where, what, how to mend it; never another exception, and never a long wait."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from hub.targets import SYNCED, TARGETS
from language import CATALOGUE
from rules import Problem, RuleError
from rules.book import read_policy, read_segment
from rules.errors import NOWHERE
from rules.mapping import read_mapping
from rules.parse import MOST_BYTES, read, read_text
from rules.syncmap import read_sync

CONFIG = Path(__file__).parents[2] / "config"
LAPSED_REGULARS = read_segment(read(CONFIG / "segments" / "lapsed_regulars.yaml"), CATALOGUE)
READERS: dict[str, Callable[..., object]] = {
    "segments": lambda source: read_segment(source, CATALOGUE, {"lapsed_regulars": LAPSED_REGULARS}),
    "policies": read_policy,
    "mappings": lambda source: read_sync(source, SYNCED) if "sync" in source.top else read_mapping(source, TARGETS),
}
GOOD = {
    f"{path.parent.name}/{path.stem}": path.read_bytes()
    for folder in READERS
    for path in sorted((CONFIG / folder).glob("*.yaml"))
}
LAPSED = GOOD["segments/lapsed_regulars"].decode()
DIESEL = GOOD["segments/lapsed_diesel_regulars"].decode()
LEAVING = GOOD["segments/about_to_leave"].decode()
VISITS = GOOD["mappings/purchases"].decode()
POLICY = GOOD["policies/phones_stay_in_the_gulf"].decode()
PLACE = re.compile(r"[a-z/_]+\.yaml:[1-9][0-9]*:[1-9][0-9]*: ")
VALUES = ["[in]", "{a: b}", "null", "12", "''", "2026-02-30", ".nan", ".inf", "99999999999999999999", "true", "'\\u0000'",
          '"\\0"', '"\\ud800"', "!!python/object/apply:os.system ['true']", "!x y", "&a b", "*a", "2026-01-31T10:00:00Z",
          "9999-12-31", "0001-01-01", "-1", "1e999", "9" * 5000, "🚗", "١٢", "|\n    text", "'" + "x" * 5000 + "'"]  # fmt: skip


HUGE = ["1e400", "9" * 400, "-" + "9" * 400, ".inf", ".NaN", "9007199254740992"]


def misspelt() -> Iterator[tuple[str, bytes]]:
    """Every key of every good file, with a letter too many; but for the names that a partner gives its own fields, and the
    words that are translated for it."""
    for name, raw in GOOD.items():
        text, theirs = raw.decode(), partners_names(raw)
        for match in re.finditer(r"([A-Za-z_.]+)(?=: )", re.sub(r"#.*", lambda found: " " * len(found[0]), text)):
            if match[1] not in theirs:
                yield f"{name}: {match[1]} misspelt", (text[: match.end()] + "x" + text[match.end() :]).encode()


def partners_names(raw: bytes) -> set[str]:
    """Only the partner knows them: whether they are right is found when its schema is read."""
    fields = [one["fields"] for one in read_text(raw, "a file").top.get("objects", {}).values()]
    words = [how["words"] for one in fields for how in one.values() if isinstance(how, Mapping) and "words" in how]
    return {str(name) for one in (*fields, *words) for name in one}


def of_wrong_type() -> Iterator[tuple[str, bytes]]:
    """Every value of some files, replaced by values of all sorts; of their examples, those of the first."""
    files = [
        ("segments", LAPSED),
        ("segments", DIESEL),
        ("segments", LEAVING),
        ("policies", POLICY),
        ("mappings", VISITS),
    ]
    for kind, text in files:
        first_example_ends = [match.start() for match in re.finditer(r"  - \{?name:", text)][1:2]
        for match in re.finditer(
            r"(?<=: )([^\s{}\[\],#]+)", text[: first_example_ends[0] if first_example_ends else None]
        ):
            for value in VALUES if text is LAPSED else VALUES[::3]:
                mutated = text[: match.start()] + value + text[match.end() :]
                yield f"{kind}: {match[0]} is {value[:20]}", mutated.encode()


def deep(opening: str, closing: str, times: int) -> str:
    return f"when: {opening * times}x: 1{closing * times}"


ODD: dict[str, bytes] = {
    "empty": b"",
    "only a comment": b"# nothing\n",
    "only spaces": b"   \n  \n",
    "a list": b"- segment: x\n",
    "a word": b"segment",
    "a number": b"12",
    "two documents": LAPSED.encode() + b"---\n" + LAPSED.encode(),
    "not UTF-8": "segment: größe".encode("latin-1"),
    "UTF-16": LAPSED.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + LAPSED.encode(),
    "NUL": b"segment: a\0b",
    "binary": bytes(range(256)),
    "tabs": LAPSED.replace("    - ", "\t- ").encode(),
    "odd indentation": LAPSED.replace("    - not", "   - not").encode(),
    "colon lost": LAPSED.replace("when:", "when").encode(),
    "bracket lost": LAPSED.replace("90d}}", "90d}").encode(),
    "quote lost": LAPSED.replace("title: ", "title: '").encode(),
    "key twice": (LAPSED + "title: again\n").encode(),
    "key twice inside": LAPSED.replace("at_least: 3", "at_least: 3, at_least: 4").encode(),
    "alias bomb": b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nsegment: *c\n",
    "alias": LAPSED.replace("title: Regulars", "title: *regulars").encode(),
    "merge": LAPSED.replace("when:", "<<: {owner: x}\nwhen:").encode(),
    "python object": b"segment: !!python/object/apply:os.system ['true']\n",
    "python tag on a mapping": b"when: !!python/dict {a: b}\n",
    "key is a list": b"? [a, b]\n: c\n",
    "key is a mapping": b"{a: b}: c\n",
    "key is a number": b"12: c\n",
    "key is a date": b"2026-01-01: c\n",
    "key is null": b"~: c\n",
    "deep in not": deep("{not: ", "}", 60).encode(),
    "very deep in not": deep("{not: ", "}", 2000).encode(),
    "deep in all": deep("{all: [", "]}", 500).encode(),
    "deep brackets": b"when: " + b"[" * 20_000,
    "deep braces": b"when: " + b"{a: " * 5_000,
    "deep dashes": b"when:\n  " + b"- " * 10_000 + b"x",
    "too long": b"segment: " + b"x" * (MOST_BYTES + 1),
    "nearly too long": b"segment: [" + b"1," * (MOST_BYTES // 2 - 10) + b"1]",
    "many keys": b"".join(b"key%d: 1\n" % number for number in range(2000)),
    "many tests": b"segment: x\nwhen:\n  any:\n" + b"    - visits.count: {is: 1}\n" * 700,
    "many values": f"segment: x\nwhen: {{visits.count: {{one_of: [{'1, ' * 4000}1]}}}}".encode(),
    "Arabic name": LAPSED.replace("segment: lapsed_regulars", "segment: عملاء").encode(),
    "emoji name": LAPSED.replace("segment: lapsed_regulars", "segment: 🚗").encode(),
    "path as name": LAPSED.replace("segment: lapsed_regulars", "segment: ../../etc").encode(),
    "path as zone": LAPSED.replace("Europe/Berlin", "../../etc/passwd").encode(),
    "folder as zone": LAPSED.replace("Europe/Berlin", "America").encode(),
    "emoji fact": LAPSED.replace("visits.count", "🚗").encode(),
    "examples of one kind": LAPSED.replace("expect: out", "expect: in").encode(),
    "no examples": LAPSED[: LAPSED.index("examples:")].encode(),
    "empty examples": (LAPSED[: LAPSED.index("examples:")] + "examples: []").encode(),
    "example without a day": LAPSED.replace("    now: 2026-11-25\n", "").encode(),
    "bad event in an example": LAPSED.replace("kind: complaint, on", "kind: [x], on").encode(),
    "never true": LAPSED.replace("at_least: 3}", "at_least: 3, below: 2}").encode(),
    "between backwards": LAPSED.replace("at_least: 3}", "between: [5, 1]}").encode(),
    "contains nothing": LAPSED.replace("visits.count: {at_least: 3}", "loyalty.tier: {contains: ''}").encode(),
    "an event of a car that is not there": DIESEL.replace("vehicle: golf", "vehicle: glof").encode(),
    "a segment that is not there": DIESEL.replace("in: lapsed_regulars", "in: lapsed_regular").encode(),
    "an absence without an end": DIESEL.replace(", within: 14d}", "}").encode(),
    "by nothing": DIESEL.replace("by: vehicle", "by: car").encode(),
    "cars as a mapping": DIESEL.replace("vehicles: [{name: golf", "vehicles: {name: golf")
    .replace("2019-05-02}]", "2019-05-02}")
    .encode(),
    "leaving above entering": LEAVING.replace("leave_below: 0.5", "leave_below: 0.7").encode(),
    "a score of nobody": LEAVING.replace("name: churn", "name: [churn]").encode(),
    "a bucket of everybody": LEAVING.replace("below: 0.1", "below: 1").encode(),
    "carriage returns": LAPSED.replace("\n", "\r").encode(),
    "directive": b"%YAML 9.9\n---\na: b",
    "unknown directive": b"%FOO\n---\na: b",
    "endless quotes": b"segment: '" + b"x'\"" * 5000,
    "bad format": VISITS.replace("{column: date}", "{column: date, format: '%Q'}").encode(),
    "format twice the same": VISITS.replace("{column: date}", "{column: date, format: '%d%d'}").encode(),
    "constants are a list": (VISITS + "constants: [a]\n").encode(),
    "constant of a wrong type": (VISITS + "constants: {items: many}\n").encode(),
}


def answer(kind: str, raw: bytes) -> str:
    """Its problems as text, or nothing where it loads. Fails where a problem has no place or no hint."""
    problems = problems_of(kind, raw)
    for problem in problems:
        assert PLACE.match(str(problem)), str(problem)
        assert problem.hint, str(problem)
        assert len(str(problem).encode()) < 1000
    return "\n".join(map(str, problems))


def problems_of(kind: str, raw: bytes) -> tuple[Problem, ...]:
    try:
        READERS[kind](read_text(raw, f"{kind}/some_file.yaml"))
    except RuleError as error:
        return error.problems or (Problem(NOWHERE, "an error without a problem"),)
    return ()


def test_good_files_load() -> None:
    for name, raw in GOOD.items():
        assert answer(name.split("/")[0], raw) == ""


def test_every_misspelt_key_is_found() -> None:
    mutated = list(misspelt())

    silent = [name for name, raw in mutated if not answer(name.split("/")[0], raw)]

    assert len(mutated) >= 120
    assert silent == []


def test_a_value_of_a_wrong_type_is_refused_or_right() -> None:
    mutated = list(of_wrong_type())

    refused = [name for name, raw in mutated if answer(name.split(":")[0], raw)]

    assert len(mutated) >= 500
    assert len(refused) > len(mutated) * 0.8


def test_a_number_that_no_database_holds_is_refused_wherever_it_stands() -> None:
    silent = [
        f"{found[0]} is {huge[:20]}"
        for text in (LAPSED, LEAVING)
        for found in re.finditer(r"(?<=[a-z]: )[0-9.]+(?=[,}\]\n ])(?! *[A-Z])", text)
        for huge in HUGE
        if not answer("segments", (text[: found.start()] + huge + text[found.end() :]).encode())
    ]

    assert silent == []


@pytest.mark.parametrize("name", ODD)
def test_odd_files_get_an_answer(name: str) -> None:
    fine = {"a byte order mark", "carriage returns"}

    answers = [answer(kind, ODD[name]) for kind in READERS]

    assert all(answers) or name in fine


@pytest.mark.parametrize("kind", READERS)
def test_the_work_of_reading_grows_with_the_file_and_not_with_its_square(kind: str) -> None:
    def calls(raw: bytes) -> int:
        """How many functions it takes to answer: the same number on every machine, however busy."""
        counted = 0

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            problems_of(kind, raw)
        finally:
            sys.setprofile(None)
        return counted

    for shape in (lambda n: b"segment: [" + b"1," * n + b"1]", lambda n: b"".join(b"key%d: 1\n" % i for i in range(n))):
        assert calls(shape(400)) < 2.5 * calls(shape(200))


def test_the_place_is_the_line_and_column_of_the_mistake() -> None:
    wrong = LAPSED.replace("older_than: 180d", "older_then: 180d").encode()

    told = answer("segments", wrong)

    assert told.startswith("segments/some_file.yaml:9:24: There is no test “older_then”. Did you mean “older_than”?")


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    wrong = LAPSED.replace("title:", "titel:").replace("Europe/Berlin", "Berlin").replace("at_least: 3", "at_least: x")

    told = answer("segments", wrong.encode()).splitlines()

    assert len(told) == 4  # the unknown key, the title that is missing, the zone and the number
