"""The stand-in's own desk: people see the contacts and change them, and nothing they type can become a page."""

from pathlib import Path

from connectors.hubspot.sandbox import HubSpotSandbox


def test_somebody_changes_a_contact_at_the_desk(tmp_path: Path) -> None:
    crm = HubSpotSandbox(tmp_path)
    number = crm.act("ours", lambda books: books.create("contacts", {"firstname": "Ada", "address": "Weg 1"}))["id"]
    desk = crm.app.test_client()

    saved = desk.post("/desk/ours", data={"id": number, "address": "Neue Gasse 2 <b>", "garage_ref": "stolen"})

    found = crm.act("ours", lambda books: books.get("contacts", number))["properties"]
    assert (found["address"], found["firstname"], "garage_ref" in found) == ("Neue Gasse 2 <b>", "Ada", False)
    assert "Neue Gasse 2 &lt;b&gt;" in saved.text
    assert "<b>" not in saved.text


def test_an_address_of_another_contact_is_refused_in_words(tmp_path: Path) -> None:
    crm = HubSpotSandbox(tmp_path)
    crm.act("ours", lambda books: books.create("contacts", {"email": "a@example.org"}))
    number = crm.act("ours", lambda books: books.create("contacts", {}))["id"]

    answer = crm.app.test_client().post("/desk/ours", data={"id": number, "email": "a@example.org"})

    assert "already exists" in answer.text


def test_an_account_sees_its_own_contacts_only(tmp_path: Path) -> None:
    crm = HubSpotSandbox(tmp_path)
    crm.act("ours", lambda books: books.create("contacts", {"firstname": "Ada"}))

    assert "Ada" not in crm.app.test_client().get("/desk/others").text
