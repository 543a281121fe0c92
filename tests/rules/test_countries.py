"""Countries are those of ISO 3166, wherever a file names one; whoever writes another word is told which was meant, and where."""

import pytest

from compliance import archive_law, breach_law, keeping, periods
from hub.errors import ConfigError
from hub.settings import load_settings
from rules import RuleError
from rules.book import read_policy
from rules.countries import country_meant, is_country, is_jurisdiction
from rules.parse import read_text

POLICY = """\
policy: nothing_to_britain
title: Nothing goes there
applies:
  all:
    - to_jurisdiction: {is: GB}
    - from_jurisdiction: {none_of: [DE, AT]}
verdict: deny
because: nobody reads it
examples:
  - {name: there, given: {to_jurisdiction: GB, from_jurisdiction: SA}, expect: deny}
  - {name: here, given: {to_jurisdiction: DE}, expect: silent}
"""


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("UK", "“GB”"), ("DEU", "“DE” (Germany)"), ("de", "“DE”"), ("Singapur", "“SG”"), ("XX", "two capitals"), (None, "two capitals"),
    ],
)  # fmt: skip
def test_another_word_for_a_country_leads_to_its_code(word, meant):
    assert not is_country(word)
    assert meant in country_meant(word)


def test_a_part_of_a_country_has_a_law_of_its_own_and_nobody_resides_in_its_code():
    assert (is_jurisdiction("US-CA"), is_country("US-CA"), is_jurisdiction("XX-CA"), is_jurisdiction("GB")) == (
        True,
        False,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("{is: GB}", "{is: UK}", r"p\.yaml:5:\d+: “UK” is no country\..*Did you mean “GB”"),
        ("[DE, AT]", "[DE, AUT]", r"p\.yaml:6:\d+: “AUT” is no country\..*Did you mean “AT”"),
        ("given: {to_jurisdiction: DE}", "given: {to_jurisdiction: GER}", r"p\.yaml:11:\d+: “GER” is no country\."),
    ],
)
def test_a_condition_or_an_example_on_a_law_that_is_none_is_refused_at_its_line(good, bad, said):
    assert read_policy(read_text(POLICY.encode(), "p.yaml"))
    with pytest.raises(RuleError, match=said):
        read_policy(read_text(POLICY.replace(good, bad, 1).encode(), "p.yaml"))
    assert read_policy(read_text(POLICY.replace("- to_jurisdiction: {is: GB}", "- to_jurisdiction: {is: missing}", 1)
                                 .replace("{to_jurisdiction: GB, from", "{from").encode(), "p.yaml"))  # fmt: skip


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("eu: {cell: 1, zone: Europe/Berlin, jurisdiction: DE", "eu: {cell: 1, zone: Europe/Berlin, jurisdiction: DEU"),
        ("residences: [DE, AT, FR]", "residences: [DEU, AT, FR]"),
        ("    connector: loyalty\n    region: eu\n    url: http://127.0.0.1:9/loyalty\n    jurisdiction: DE",
         "    connector: loyalty\n    region: eu\n    url: http://127.0.0.1:9/loyalty\n    jurisdiction: DEU"),
    ],
)  # fmt: skip
def test_regions_and_partners_are_under_laws_that_are_there(settings, good, bad):
    path = settings.config / "hub.yaml"
    text = path.read_text()
    assert good in text
    path.write_text(text.replace(good, bad, 1))

    with pytest.raises(ConfigError, match=r"hub\.yaml:\d+:\d+: “DEU” is no country\. Did you mean “DE”"):
        load_settings({"HUB_CONFIG": str(settings.config)})


@pytest.mark.parametrize(
    ("name", "reader"),
    [("deadlines", periods), ("breaches", breach_law), ("archives", archive_law), ("retention", keeping)],
)
def test_periods_of_a_law_that_is_none_are_told_at_their_line(settings, name, reader):
    path = settings.config / "privacy" / f"{name}.yaml"
    assert reader.problems_of(settings.config) == []
    path.write_text(path.read_text().replace("SA: {", "SAU: {", 1))

    [problem] = [one for one in reader.problems_of(settings.config) if "SAU" in one]
    assert f"{name}.yaml:" in problem
    assert "“SAU” is no country. Did you mean “SA” (Saudi Arabia)?" in problem


def test_an_example_of_retention_asks_by_a_law_that_is_there(settings):
    path = settings.config / "privacy" / "retention.yaml"
    path.write_text(path.read_text().replace("law: SA, days: 3650", "law: KSA, days: 3650", 1))

    [problem] = keeping.problems_of(settings.config)
    assert "retention.yaml:" in problem
    assert "“KSA” is no country." in problem
