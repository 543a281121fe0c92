"""The privacy officer's words at the command line: from the wish to the certificate, holds, and the chain."""

import json
import zipfile

import pytest

from partners import drain_all


def request_of(run, ref):
    """A wish that was written down, vouched for and planned."""
    request = run("privacy", "intake", ref, "-r", "eu")[1].strip()
    run("privacy", "verify", request, "--how", "session", "--by", "petra", "-r", "eu")
    run("privacy", "plan", request, "--by", "petra", "-r", "eu")
    return request


def test_a_wish_goes_from_intake_to_a_certificate_that_can_be_checked(hub, crm, told, run, tmp_path):
    request = request_of(run, told())
    assert run("privacy", "approve", request, "--by", "paul", "-r", "eu")[0] == 0

    code, said, _ = run("privacy", "run", request, "-r", "eu", "--json")
    assert (code, json.loads(said)) == (0, {request: "certified"})

    code, text, _ = run("privacy", "certificate", request, "-r", "eu")
    genuine = tmp_path / "certificate.json"
    genuine.write_text(text)
    assert code == 0
    assert run("privacy", "certificate", request, "--check", genuine, "-r", "eu")[:2] == (
        0,
        "The certificate is genuine.\n",
    )

    genuine.write_text(text.replace("certified", "zertified") if "certified" in text else text.replace('"eu"', '"gcc"'))
    assert run("privacy", "certificate", request, "--check", genuine, "-r", "eu")[0] == 1


def test_the_plan_names_every_record_set_with_its_verb(hub, told, run):
    request = run("privacy", "intake", told(), "-r", "eu")[1].strip()
    run("privacy", "verify", request, "--how", "letter", "-r", "eu")

    plan = json.loads(run("privacy", "plan", request, "-r", "eu", "--json")[1])

    verbs = {item["record_set"]: item["verb"] for item in plan["items"]}
    assert (verbs["personal_values"], verbs["events"]) == ("shred", "anonymise")


def test_a_second_wish_answers_the_first_one(hub, told, run):
    ref = told()

    assert run("privacy", "intake", ref, "-r", "eu")[1] == run("privacy", "intake", ref, "-r", "eu")[1]


def test_the_list_says_by_when_each_must_be_answered(hub, told, run, clock):
    request = request_of(run, told())

    [row] = json.loads(run("privacy", "list", "-r", "eu", "--json")[1])

    assert (row["request"], row["state"], row["overdue"]) == (request, "planned", False)


def test_a_hold_stands_in_the_way_until_it_is_released(hub, crm, told, run):
    ref = told()
    code, hold, _ = run(
        "holds", "add", ref, "--purpose", "lawsuit", "--basis", "§ 142 ZPO", "--owner", "legal", "-r", "eu"
    )
    assert code == 0
    request = request_of(run, ref)

    assert run("privacy", "approve", request, "--by", "petra", "-r", "eu")[0] == 1  # four eyes
    assert run("privacy", "approve", request, "--by", "paul", "-r", "eu")[0] == 0
    run("privacy", "run", request, "-r", "eu")
    drain_all(hub)
    assert "held" in run("privacy", "run", request, "-r", "eu")[1]
    [row] = json.loads(run("holds", "list", "-r", "eu", "--json")[1])
    assert (row["customer"], row["basis"]) == (ref, "§ 142 ZPO")

    run("holds", "release", hold.strip(), "-r", "eu")

    assert "certified" in run("privacy", "run", request, "-r", "eu")[1]


def test_everything_kept_about_a_person_is_written_to_one_file(hub, told, run, tmp_path):
    path = tmp_path / "anna.zip"

    code, said, _ = run("privacy", "export", told(), "--out", path, "-r", "eu")

    assert code == 0
    assert "record sets" in said
    with zipfile.ZipFile(path) as pack:
        assert "anna@example.org" in pack.read("data.json").decode()


def test_a_request_of_another_kind_takes_the_same_steps(hub, told, run, tmp_path):
    request = run("privacy", "intake", told(), "--kind", "portability", "-r", "eu")[1].strip()
    assert run("privacy", "verify", request, "--how", "letter", "--by", "petra", "-r", "eu")[0] == 0
    assert run("privacy", "extend", request, "--reason", "many", "-r", "eu")[0] == 0

    code, said, _ = run("privacy", "answer", request, "--out", tmp_path / "me.zip", "-r", "eu")

    assert (code, "record sets" in said) == (0, True)
    with zipfile.ZipFile(tmp_path / "me.zip") as pack:
        assert "data.json" in pack.namelist()
        assert "read-me-first.html" not in pack.namelist()
    [row] = json.loads(run("privacy", "list", "-r", "eu", "--json")[1])
    assert (row["kind"], row["state"], row["overdue"]) == ("portability", "answered", False)


def test_a_correction_and_a_refusal_at_the_command_line(hub, told, run):
    ref = told()
    request = run("privacy", "intake", ref, "--kind", "rectification", "--set", "name=Anna Weiss", "-r", "eu")[
        1
    ].strip()
    run("privacy", "verify", request, "--how", "letter", "-r", "eu")
    assert run("privacy", "answer", request, "-r", "eu")[:2] == (0, "corrected\n")

    other = run("privacy", "intake", ref, "--kind", "access", "-r", "eu")[1].strip()
    assert run("privacy", "refuse", other, "--reason", "bored", "-r", "eu")[0] == 1
    assert run("privacy", "refuse", other, "--reason", "not_theirs", "-r", "eu")[0] == 0


def test_texts_are_kept_and_receipts_are_told(hub, told, run):
    ref = told()
    rows = json.loads(run("consent", "notices", "-r", "eu", "--json")[1])

    assert {row["language"] for row in rows} == {"en", "de", "ar", "th"}
    assert all(row["in_use"] for row in rows)
    assert run("consent", "receipts", ref, "-r", "eu")[:2] == (0, "[]\n")
    assert run("consent", "receipts", "nobody", "-r", "eu")[0] == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("privacy", "intake", "nobody", "-r", "eu"), 1),
        (("privacy", "run", "nothing", "-r", "eu"), 1),
        (("privacy", "certificate", "nothing", "-r", "eu"), 1),
        (("holds", "release", "7", "-r", "eu"), 1),
        (("holds", "add", "nobody", "-r", "eu"), 2),
    ],
)
def test_what_is_not_there_is_said_without_a_traceback(hub, run, words, code):
    found, _, said = run(*words)

    assert found == code
    assert said
    assert "Traceback" not in said


def test_the_chain_is_told_to_be_whole(hub, told, run):
    told()

    assert run("audit", "verify", "-r", "eu")[0] == 0
