"""The command line as its users call it: what it prints, and how it exits."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from hub.cli import cli
from hub.models import Customer, Event, Membership
from hub.settings import load_settings
from shops import ROWS, a_row

PURCHASES = "customer_id,date,items,spend\n0001,1997-01-01,2,29.33\n0001,1997-01-01,2,29.33\n0002,1997-01-18,2,29.73\n"


@pytest.fixture
def purchases(tmp_path):
    path = tmp_path / "purchases.csv"
    path.write_text(PURCHASES)
    return path


def counted(hub, model):
    with hub.look() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_a_file_is_imported_and_a_second_time_changes_nothing(run, hub, settings, purchases):
    words = (
        "import",
        purchases,
        "--mapping",
        settings.config / "mappings" / "purchases.yaml",
        "--region",
        "eu",
        "--json",
    )

    first, second = run(*words), run(*words)

    assert first[0] == second[0] == 0
    assert json.loads(first[1]) == {"rows": 3, "imported": 3, "unchanged": 0, "rejected": 0, "problems": []}
    assert json.loads(second[1]) == {"rows": 3, "imported": 0, "unchanged": 3, "rejected": 0, "problems": []}
    assert (counted(hub, Customer), counted(hub, Event)) == (2, 3)


def test_a_row_added_in_between_is_the_only_one_imported(run, hub, settings, purchases):
    words = (
        "import",
        purchases,
        "--mapping",
        settings.config / "mappings" / "purchases.yaml",
        "--region",
        "eu",
        "--json",
    )
    run(*words)
    purchases.write_text(PURCHASES.replace("0002,", "0003,1997-01-02,1,10.00\n0002,"))

    done = json.loads(run(*words)[1])

    assert (done["imported"], done["unchanged"]) == (1, 3)


def test_bad_rows_are_reported_and_the_good_ones_go_in(run, hub, settings, purchases, tmp_path):
    purchases.write_text(
        PURCHASES + "0004,31/02/1997,2,29.33\n,1997-01-01,2,1.00\n0005,1997-01-01,2,1.999\n0006,1997-01-01,2\n"
    )
    report = tmp_path / "bad.csv"

    code, out, err = run(
        "import",
        purchases,
        "--mapping",
        settings.config / "mappings" / "purchases.yaml",
        "-r",
        "eu",
        "--report",
        report,
    )

    assert code == 0
    assert "7 rows, 3 imported, 0 unchanged, 4 rejected" in out
    assert f"{purchases}:5: date: “31/02/1997” is no time. Write YYYY-MM-DD" in err
    assert "spend: “1.999” has more decimals than USD." in err
    assert len(report.read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("import", "nowhere.csv", "--mapping", "m.yaml", "-r", "eu"), 1, "nowhere.csv does not exist."),
        (("import", "{purchases}", "--mapping", "nowhere.yaml", "-r", "eu"), 1, "nowhere.yaml"),
        (("import", "{purchases}", "--mapping", "{purchases}", "-r", "eu"), 1, "purchases.csv:1:1:"),
        (("import", "{purchases}", "-r", "eu"), 2, "--mapping"),
        (("status", "--region", "mars"), 1, "There is no region “mars”."),
        (("outbox", "list"), 2, "Say which region"),
        (("nonsense",), 2, "No such command"),
        (("up", "--region", "gcc"), 3, "Run: hub init"),
        (("dead-letters", "show", "7", "-r", "eu"), 1, "There is no dead letter 7."),
        (("outbox", "replay", "7", "-r", "eu"), 1, "There is no message 7."),
        (("why", "nobody", "-r", "eu"), 1, "There is no customer with this ref."),
        (("demo", "--once", "--customers", "0"), 1, "0 customers make no demo."),
        (("demo", "--once", "--customers", "-5"), 1, "-5 customers make no demo."),
        (("demo", "--customers", "many"), 2, "is not a valid integer"),
        (("demo", "--regions", "mars"), 1, "There is no region “mars” for the demo."),
        (("demo", "--pace", "0"), 1, "A pace of 0 is none."),
    ],
)
def test_a_mistake_gets_a_sentence_and_the_right_exit_code(run, purchases, words, code, said):
    done = run(*(word.format(purchases=purchases) for word in words))

    assert done[0] == code
    assert said in done[2]
    assert "Traceback" not in done[2]


def test_every_mistake_of_every_file_is_named_at_once(run, settings):
    segment = settings.config / "segments" / "regulars.yaml"
    segment.write_text(segment.read_text().replace("kind: visit, at_least", "kind: vist, at_least"))
    mapping = settings.config / "mappings" / "purchases.yaml"
    mapping.write_text(mapping.read_text().replace("items:", "itmes:"))
    policy = settings.config / "policies" / "loyalty.yaml"
    policy.write_text(policy.read_text().replace("verdict: allow", "verdict: perhaps"))

    code, _, err = run("check")

    assert code == 1
    assert f"{segment}:6:" in err
    assert "Did you mean “visit”?" in err
    assert "A visit has no field “itmes”. Did you mean “items”?" in err
    assert f"{policy}:5:1: “perhaps” is no verdict. Write allow, deny or mask." in err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cell: 2", "cell: 1", "Two regions have the same cell."),
        ("zone: Asia/Dubai", "zone: Asia/Dubay", "“Asia/Dubay” is no time zone."),
        ("connector: sms", "connector: smss", "hub.yaml:23: No plugin brings “smss”. Did you mean “sms”?"),
        ("region: gcc\n    url", "region: gc\n    url", "There is no region “gc”."),
        ("${TEXTS_TOKEN}", "abc123", "The secret “token” stands in the file."),
        ("[csvfile, ", "[csvfil, ", "Did you mean “csvfile”?"),
        ("plugins:", "plugin:", "“plugin” is no setting here."),
        ("{tier_changed: [tier_changed]", "{tier_changed: [tier_chnged]", "sms does not take “tier_chnged”"),
        ("timing: {push_timeout: 2", "timing: {push_timeot: 2", "“push_timeot” is no setting here."),
        ("regions:", "regions: [", "hub.yaml:"),
    ],
)
def test_a_wrong_hub_yaml_is_told_with_place_and_hint(run, settings, old, new, said):
    path = settings.config / "hub.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))

    code, _, err = run("check")

    assert code == 1
    assert said in err
    assert "hub.yaml" in err or "Plugin" in err


def test_a_wrong_calendar_is_told_once_however_many_name_it(run, settings):
    for folder, name, text in (
        ("calendars", "shop", "calendar: shop\nzone: Europe/Berlim\nopen: {mon: ['08:00-17:00']}\n"),
        (
            "desks",
            "service",
            "desk: service\ntitle: Desk\ncalendar: shop\npromises: {first: 1h, next: 1h, resolution: 8h}\n",
        ),
    ):
        (settings.config / folder).mkdir(exist_ok=True)
        (settings.config / folder / f"{name}.yaml").write_text(text)

    code, _, err = run("check")

    assert code == 1
    assert err.count("“Europe/Berlim” is no time zone.") == 1
    assert "There is no calendar" not in err


def test_a_right_configuration_is_told_so(run):
    assert run("check")[:2] == (0, "The configuration is right.\n")


def test_status_is_for_people_and_for_programs(run):
    as_json = json.loads(run("status", "--region", "eu", "--json")[1])
    as_table = run("status", "--region", "eu")[1]

    names = [row["name"] for row in as_json["regions"][0]["connections"]]
    assert names == ["club", "crm", "feed", "files", "hooks", "mails", "own", "shop", "texts"]
    assert "Valkey answers" in as_table
    assert "club" in as_table


def test_a_dead_letter_can_be_seen_and_replayed(run, hub, noting, told_by_club):
    from hub.errors import Refused

    noting["crm"].answers = [Refused("400 VALIDATION_ERROR")]
    told_by_club(member_id="m-1", tier="gold", version=1)

    letters = json.loads(run("dead-letters", "list", "-r", "eu", "--json")[1])["items"]
    assert [(letter["connection"], letter["reason"]) for letter in letters] == [("crm", "400 VALIDATION_ERROR")]
    assert "refused: 400 VALIDATION_ERROR" in run("dead-letters", "show", letters[0]["id"], "-r", "eu")[1]
    assert run("dead-letters", "replay", letters[0]["id"], "-r", "eu")[1] == "1 replayed\n"
    waiting = json.loads(run("outbox", "list", "-r", "eu", "--json")[1])["items"]
    assert [row["topic"] for row in waiting] == ["tier_changed"]


def test_why_tells_each_test_with_the_value_seen(run, hub, noting, told_by_club):
    told_by_club(member_id="m-1", tier="gold", version=1)
    with hub.look() as session:
        ref = session.scalars(select(Customer.ref)).one()

    out = run("why", ref, "gold_members", "-r", "eu")[1]

    assert "gold_members: in" in out
    assert "yes: loyalty.tier is gold; asked: is one of gold, platinum" in out
    german = run("why", ref, "gold_members", "-r", "eu", "--language", "de")[1]
    assert german.splitlines()[0] == "gold_members: drin"
    assert "ja  : loyalty.tier ist gold; verlangt: eines von: gold, platinum" in german


def test_why_tells_what_would_have_to_change_and_as_json_every_node(run, hub, noting, told_by_club):
    told_by_club(member_id="m-1", tier="silver", version=1)
    with hub.look() as session:
        ref = session.scalars(select(Customer.ref)).one()

    words = run("why", ref, "gold_members", "-r", "eu")[1]
    (answer,) = json.loads(run("why", ref, "gold_members", "-r", "eu", "--json")[1])

    assert "to enter: loyalty.tier is silver; needed: is one of gold, platinum" in words
    assert (answer["in"], answer["flips_at"], answer["told"]["seen"]) == (False, None, "loyalty.tier is silver")
    assert answer["told"]["place"].endswith("gold_members.yaml:5:3")


def test_the_examples_of_all_rules_are_a_table_and_a_wrong_one_is_an_error(run, settings):
    code, out, _ = run("rules", "test")
    path = settings.config / "segments" / "gold_members.yaml"
    before = path.read_text()
    path.write_text(before.replace("{loyalty.tier: silver}, expect: out", "{loyalty.tier: silver}, expect: in"))
    wrong = run("rules", "test", "gold_members", "--json")
    path.write_text(before)

    assert code == 0
    assert "silent since spring" in out
    assert out.rstrip().endswith("all as expected.")
    assert wrong[0] == 1
    rows = json.loads(wrong[1])["examples"]
    assert [(row["example"], row["expected"], row["came_out"]) for row in rows if not row["right"]] == [
        ("silver", "in", "out")
    ]


def test_a_dear_rule_is_right_and_told_all_the_same(run, settings):
    path = settings.config / "segments" / "dear.yaml"
    often = "\n".join(
        f"    - event: {{kind: visit, at_least: {number}, sum: {{amount: {{above: {number} EUR}}}}}}"
        for number in (1, 2, 3)
    )
    path.write_text(f"segment: dear\ntitle: Dear\nwhen:\n  any:\n{often}\nexamples:\n"
                    "  - {name: paid, given: {events: [{kind: visit, on: 2026-01-31, amount: 5 EUR}]}, expect: in}\n"
                    "  - {name: nobody, expect: out}\n")  # fmt: skip
    code, out, _ = run("check")
    path.unlink()

    assert code == 0
    assert "dear.yaml:1: costs 240 times a test of a stored fact" in out


def test_rules_are_told_by_what_they_cost(run):
    costs = json.loads(run("rules", "cost", "--json")[1])["costs"]

    assert costs["gold_members"] < costs["lapsed_regulars"]


def test_a_token_and_a_sign_in_link_are_shown_once(run):
    token = run("tokens", "grant", "a partner", "--scope", "status:read", "-r", "eu")[1].strip()
    link = run("sign-in", "Theo", "--role", "operator", "-r", "eu")[1].strip()

    assert token.startswith("gh_")
    assert link.startswith("http://eu.localhost:18101/sign-in/")


def test_of_two_who_are_called_alike_the_one_is_signed_out_whose_ref_was_given(run):
    for name in ("Theo", "Thea"):
        run("sign-in", name, "--role", "operator", "-r", "eu")
    listed = json.loads(run("sign-out", "-r", "eu", "--json")[1])
    theo = next(one["ref"] for one in listed if one["title"] == "Theo")

    assert f"{theo}  Theo  operator  not signed in" in run("sign-out", "-r", "eu")[1]
    assert run("sign-out", theo, "-r", "eu")[:2] == (0, "“Theo” is out.\n")
    code, _, said = run("sign-out", "Thea", "-r", "eu")
    assert (code, "no such member of staff" in said) == (1, True), "a title proves nothing"


def test_a_shops_history_comes_in_by_its_own_rows_and_a_second_time_changes_nothing(run, tmp_path):
    file = tmp_path / "history.ndjson"
    story = [a_row(kind) if kind != "appointment" else a_row(kind, state="arrived") for kind in ROWS]
    rows = [*story, a_row("visit", key="V-2", odometer_km=-1), 7]
    file.write_text("\n".join(map(json.dumps, rows)))

    first = run("import", file, "--connection", "shop", "--json")
    again = run("import", file, "--connection", "shop", "--json")

    counts = {"rows": len(rows), "imported": len(ROWS), "unchanged": 0, "rejected": 2}
    found = json.loads(first[1])
    assert {name: found[name] for name in counts} == counts
    assert [(one["line"], one["column"]) for one in found["problems"]] == [
        (len(ROWS) + 1, "odometer_km"),
        (len(ROWS) + 2, "(row)"),
    ]
    assert json.loads(again[1])["unchanged"] == len(ROWS)


def test_history_of_a_connection_that_is_no_shop_is_refused(run, tmp_path):
    file = tmp_path / "history.ndjson"
    file.write_text("{}")

    assert (run("import", file, "--connection", "club")[0], run("import", file, "--connection", "nobody")[0]) == (1, 1)
    assert "takes no rows" in run("import", file, "--connection", "club")[2]
    assert run("import", file)[0] == run("import", file, "--connection", "shop", "--mapping", "m.yaml")[0] == 2


def test_a_token_for_rows_names_a_connection_that_is_there(run):
    granted = run("tokens", "grant", "the shop", "--scope", "rows:write", "--connection", "shop", "--region", "eu")
    refused = run("tokens", "grant", "the shop", "--scope", "rows:write", "--connection", "nobody", "--region", "eu")

    assert (granted[0], granted[1].startswith("gh_")) == (0, True)
    assert refused[0] == 1
    assert "nobody" in refused[2]


def test_plugins_say_which_of_them_are_active(run):
    rows = json.loads(run("plugins", "--json")[1])["plugins"]

    assert {row["name"] for row in rows if row["active"]} == {
        "csvfile",
        "hubspot",
        "loyalty",
        "mail",
        "shop",
        "sms",
        "fleet",
        "webhook",
        "compliance",
        "portal",
    }


def test_help_names_every_command():
    done = CliRunner().invoke(cli, ["--help"])

    assert done.exit_code == 0
    for command in ("init", "up", "worker", "status", "check", "import", "dead-letters", "why"):
        assert command in done.output


def test_help_names_what_plugins_bring_and_stands_a_configuration_that_does_not_load(monkeypatch, tmp_path):
    monkeypatch.setenv("HUB_CONFIG", str(tmp_path))
    assert "privacy" in CliRunner().invoke(cli, ["--help"]).output

    (tmp_path / "hub.yaml").write_text("plugins: 7")
    done = CliRunner().invoke(cli, ["--help"])

    assert done.exit_code == 0
    assert "segments" in done.output


def test_the_own_configuration_of_this_house_is_right():
    from pathlib import Path

    from hub.cli.checking import problems_of

    assert problems_of(Path(__file__).parents[3] / "config") == []
    assert load_settings({}, Path(__file__).parents[3] / "config").regions.keys() == {"eu", "gcc", "apac"}


def test_an_entry_to_a_segment_by_import_is_counted_once(run, hub, settings, purchases, noting):
    from hub import clock as moving

    rows = "".join(f"0009,2026-0{month}-01,1,5.00\n" for month in (3, 5, 7))
    purchases.write_text("customer_id,date,items,spend\n" + rows)
    moving.turn_segments(hub)

    run("import", purchases, "--mapping", settings.config / "mappings" / "purchases.yaml", "--region", "eu")

    with hub.look() as session:
        assert session.scalars(select(Membership.segment)).all() == ["regulars"]


def test_a_wrong_desk_is_told_at_its_line(run, settings):
    folder = settings.config / "desks"
    folder.mkdir()
    (folder / "service.yaml").write_text(
        "desk: service\ntitle: Desk\ncalendar: nowhere\npromises: {first: 1, next: 1}\n"
    )

    code, _, said = run("check")

    assert code == 1
    assert "service.yaml:3:1: There is no calendar “nowhere”." in said
    assert "service.yaml:4:1: “resolution” is missing." in said
