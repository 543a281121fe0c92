"""What an admin gets wrong is underlined by an editor and told by `hub check`: at its line, with what is wrong and how to mend it."""

import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from hub.cli.checking import problems_of
from hub.cli.editors import Described, described, schema
from hub.plugins import load_plugins
from hub.settings import load_settings
from rules.documents import plain

CONFIG = Path(__file__).parents[3] / "config"
FILES = sorted(str(path.relative_to(CONFIG)) for path in CONFIG.rglob("*.yaml"))

# file -> its text, the mistake, and what is said of it beside the line
ONLY_CHECKED: dict[str, tuple[str, str, str, str]] = {
    "a time zone that is none": ("hub.yaml", "zone: Asia/Dubai", "zone: Dubai", "IANA name such as Europe/Berlin"),
    "two regions of one cell": ("hub.yaml", "cell: 2", "cell: 1", "Give each its own cell"),
    "an account of no region": ("hub.yaml", "csvfile, region: gcc", "csvfile, region: gc", "Regions: apac, eu, gcc"),
    "a code of two services": ("services.yaml", "codes: [air-l]", "codes: [tyr-l]", "belongs to wheel_change and to cooling"),
    "a season that no calendar has": ("sending.yaml", "season: ramadan", "season: ramadam", "ramadan"),
    "an answer that means two things": ("replies.yaml", "  en: [start,", "  en: [stop, start,", "An answer means one thing"),
    "a calendar that is not there": ("desks/service_eu.yaml", "calendar: workshop_eu", "calendar: workshop", "workshop_eu"),
    "a test that can never hold": ("segments/lapsed_regulars.yaml", "at_least: 3", "between: [5, 1]", "between"),
}  # fmt: skip
MISTAKES: dict[str, tuple[str, str, str, str]] = {
    "a secret in the file": ("hub.yaml", '"${SHOP_EU_TOKEN}"', '"s3cr3t"', "Write ${NAME} and set NAME in the environment"),
    "a misspelt setting": ("hub.yaml", "    workers: 1", "    worker: 1", "Known: cell"),
    "a connector that nobody brings": ("hub.yaml", "connector: fleet", "connector: fleets", "Did you mean “fleet”?"),
    "no region's number": ("hub.yaml", "    cell: 3\n", "", "“cell” must be a whole number from 0 to 127"),
    "a country in small letters": ("hub.yaml", '"NO"', "no", "Did you mean “NO” (Norway)?"),
    "a law that is another word for one": ("policies/phones_stay_in_the_gulf.yaml", "[AE, BH,", "[UAE, BH,", "“UAE” is no country"),
    "an example of it": ("policies/phones_stay_in_the_gulf.yaml", "to_jurisdiction: US,", "to_jurisdiction: UK,", "Did you mean “GB”"),
    "a region under no law": ("hub.yaml", "jurisdiction: SG", "jurisdiction: Singapore", "Did you mean “SG”"),
    "periods of no law": ("privacy/deadlines.yaml", "SA: {", "KSA: {", "“KSA” is no country"),
    "an example of no law's period": ("privacy/retention.yaml", "law: SA,", "law: SAU,", "Did you mean “SA”"),
    "quiet hours without quotes": ("sending.yaml", 'from: "21:00", until: "08:00"', "from: 21, until: 8", "in quotes"),
    "a span in words": ("sending.yaml", "marketing: 3d", "marketing: three days", "Write 12h, 7d or 2w"),
    "a channel that is none": ("sending.yaml", "channels: [sms, push]", "channels: [sms, fax]", "is no channel"),
    "a law nobody has read": ("privacy/deadlines.yaml", "extend_months: 2, source:", "extend_months: 2, read:", "source and reviewed_on"),
    "both hours and days": ("privacy/breaches.yaml", "DE: {hours: 72", "DE: {hours: 72, days: 3", "and not both"),
    "keys that outlive the erased": ("privacy/backups.yaml", "keys: {days: 28", "keys: {days: 365", "from 1 to 35"),
    "a basis that is none": ("privacy/purposes.yaml", "basis: consent", "basis: consented", "One of: consent"),
    "a number of few people": ("privacy/releases.yaml", "returns:\n  k: 10", "returns:\n  k: 3", "k is 10 or more"),
    "a class without a period": ("privacy/retention.yaml", "operation: {", "operations: {", "“operation” has no period"),
    "a colour too strong to read": ("chain.yaml", "chroma: 0.075", "chroma: 0.5", "from 0 to 0.16"),
    "words in one language only": ("assistant.yaml", "    th: [คะแนน, แต้ม]\n", "", "no words in “th”"),
    "a share in per cent": ("rates.yaml", "held_back: 0.2", "held_back: 20", "A share between 0 and 1"),
    "a price that is a word": ("rates.yaml", "EUR: 0.0012", "EUR: cheap", "An amount, such as 0.075"),
    "a key that services do not have": ("services.yaml", "codes: [ins-l]", "code: [ins-l]", "Known: codes"),
    "a shift without minutes": ("calendars/workshop_eu.yaml", '"08:00-13:00"', '"8-13"', "Write \"08:00-12:00\""),
    "a day of the week that is none": ("calendars/workshop_eu.yaml", "sat:", "saturday:", "mon-fri"),
    "a desk that promises nothing": ("desks/service_eu.yaml", "promises:", "promise:", "promises"),
    "a fact that is misspelt": ("segments/lapsed_regulars.yaml", "visits.count: {", "visit.count: {", "Did you mean “visits.count”"),
    "a segment without examples": ("segments/regulars.yaml", "examples:", "example:", "examples"),
    "a policy with a fourth verdict": ("policies/loyalty.yaml", "verdict: allow", "verdict: maybe", "allow"),
    "a step that is none": ("journeys/welcome.yaml", "message:", "mesage:", "message"),
    "a record that is none": ("mappings/purchases.yaml", "record: visit", "record: purchase", "visit"),
    "a field of a partner that is not ours": ("mappings/hubspot.yaml", "ours: customer", "ours: customers", "customer"),
}  # fmt: skip


@cache
def kinds() -> dict[str, Described]:
    return {one.kind: one for one in described(load_plugins(load_settings({}, CONFIG).plugins))}


def named_by(text: str) -> str:
    """The schema that a file names for editors."""
    found = re.match(r"# yaml-language-server: \$schema=(?:\.\./)?\.schema/(\w+)\.json\n", text)
    return found[1] if found else ""


def underlined(text: str) -> Iterator[str]:
    """What an editor would underline."""
    document: Any = plain(YAML(typ="safe").load(text))
    for error in Draft202012Validator(kinds()[named_by(text)].schema).iter_errors(document):
        yield f"{error.json_path}: {error.message}"


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_the_house_names_its_schema_and_is_right_by_it(name: str) -> None:
    text = (CONFIG / name).read_text(encoding="utf-8")

    assert named_by(text), f"{name}: its first line names no schema"
    one = kinds()[named_by(text)]
    assert CONFIG / name in CONFIG.glob(one.files)
    assert text.startswith(f"{one.line}\n")
    assert list(underlined(text)) == []


@pytest.mark.parametrize("kind", kinds())
def test_each_schema_is_one_itself_and_some_file_is_of_its_kind(kind: str) -> None:
    Draft202012Validator.check_schema(kinds()[kind].schema)

    assert [path for path in CONFIG.glob(kinds()[kind].files) if named_by(path.read_text(encoding="utf-8")) == kind]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("mistaken") / "config"
    shutil.copytree(CONFIG, copy, ignore=shutil.ignore_patterns(".schema"))
    return copy


@pytest.mark.parametrize("mistake", [*MISTAKES, *ONLY_CHECKED])
def test_a_typical_mistake_is_told_at_its_line_with_its_mend_and_underlined(mistake: str, folder: Path) -> None:
    name, right, wrong, said = (MISTAKES | ONLY_CHECKED)[mistake]
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert right in text, "the file has changed: make the mistake anew"
    mistaken = text.replace(right, wrong, 1)

    path.write_text(mistaken, encoding="utf-8")
    try:
        told = problems_of(folder)
    finally:
        path.write_text(text, encoding="utf-8")

    assert [one for one in told if re.match(rf"{path}(:[1-9]\d*)+: ", one) and said in one], told
    if mistake in MISTAKES:
        assert list(underlined(mistaken))


def test_a_kind_is_told_by_name_and_all_are_written_where_the_first_lines_point(tmp_path: Path) -> None:
    shutil.copy(CONFIG / "hub.yaml", tmp_path)
    run, environ = CliRunner(), {"HUB_CONFIG": str(tmp_path)}

    assert '"title": "calendar"' in run.invoke(schema, ["calendar"], env=environ).output
    written = run.invoke(schema, ["--write"], env=environ)

    assert written.exit_code == 0
    assert {path.stem for path in (tmp_path / ".schema").iterdir()} == set(kinds())
    unknown = run.invoke(schema, ["calender"], env=environ)
    assert unknown.exit_code == 2
    assert "Did you mean “calendar”?" in unknown.output


def test_an_editor_shows_what_a_setting_of_hub_yaml_means() -> None:
    region = kinds()["hub"].schema["properties"]["regions"]["additionalProperties"]["properties"]

    assert "for ever" in region["cell"]["description"]
