"""The stand-in's own desk: people see the contacts of their org and change them, under its rules."""

from pathlib import Path

from connectors.salesforce.sandbox import SalesforceSandbox


def test_somebody_changes_a_contact_at_the_desk(tmp_path: Path) -> None:
    org = SalesforceSandbox(tmp_path)
    number = org.act("ours", lambda shelf: shelf.create("Contact", {"LastName": "Kit", "MailingStreet": "Weg 1"}))["Id"]
    desk = org.app.test_client()

    saved = desk.post("/desk/ours", data={"id": number, "MailingStreet": "Corniche 2 <b>", "Garage_Ref__c": "stolen"})
    refused = desk.post("/desk/ours", data={"id": number, "LastName": " "})

    found = org.act("ours", lambda shelf: shelf.alive("Contact", number))
    assert (found["MailingStreet"], found["LastName"], "Garage_Ref__c" in found) == ("Corniche 2 <b>", "Kit", False)
    assert "Corniche 2 &lt;b&gt;" in saved.text
    assert "Required fields are missing" in refused.text
    assert "Kit" not in desk.get("/desk/others").text
