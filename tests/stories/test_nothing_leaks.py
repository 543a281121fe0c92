"""The scan: nobody's values lie in the open anywhere, and nothing of one region lies in another, in any layer."""

import io
import json
import shutil
from datetime import timedelta

import pytest
from sqlalchemy import make_url, select

from desks import Visitor
from hub.access import make_sign_in_link, principal_of
from hub.app import create_app
from hub.core import build_hub
from hub.errors import Refused, RetryLater
from hub.files import unclassified
from hub.flow.sync import import_pages
from hub.models import Customer, Ownership, Person, Vehicle
from hub.own import OWN
from hub.sdk import BranchRecord, SlotRecord, sign
from hub.targets import TARGETS
from hub.vault import AesGcm
from mine import FIRST_SLOT
from on_disk import LOG, TABLES, OnDisk
from papers import paper
from partners import DICE, Partnered, drain_all
from rules.mapping import load_mapping
from scan import scan
from shops import folded

PEOPLE = {
    "eu": {
        "name": "Jürgen Weiß-Öztürk",
        "email": "juergen.canary@example.org",
        "phone": "+4930987654321",
        "address": "Kanarienweg 17a, Ebersbach",
        "customer_number": "EU-CANARY-000417",
        "member_id": "member-canary-8831",
        "residence": "DE",
    },
    "gcc": {
        "name": "فاطمة المنصوري الكناري",
        "email": "fatima.canary@example.org",
        "phone": "+97145550199887",
        "address": "17 Canary Street, Al Barsha",
        "customer_number": "GCC-CANARY-000093",
        "member_id": "member-canary-5520",
        "residence": "AE",
    },
}
CONNECTIONS = {
    "eu": ("club", "CLUB_WEBHOOK_SECRET", "files"),
    "gcc": ("club_gcc", "CLUB_GCC_WEBHOOK_SECRET", "files_gcc"),
}
WORDS = {"eu": "Bremsen wie mit Kanarienvogel besprochen", "gcc": "كما اتفقنا مع صاحب الكناري"}
SAID = {"eu": "Das Summen kommt vom Kanarienrad vorne links", "gcc": "الصوت يأتي من عجلة الكناري"}
TITLES = {"eu": "Kanarienpolice 4417", "gcc": "Canary policy 9920"}  # of a paper that the customer brings
CONTENTS = {"eu": "Insured canary since 2019, No. 88417", "gcc": "Insured canary since 2021, No. 99920"}
VEHICLES = {"eu": ("WVWZZZ1JZCANARY17", "B-CN 4711"), "gcc": ("1HGCM82633CANARY9", "DXB C 90417")}


class Identity:
    """No cipher at all, to prove that the scan would see a value if there were one."""

    def encrypt(self, key, plain, context):
        return plain

    def decrypt(self, key, body, context):
        return body


def planted(code):
    vin, plate = VEHICLES[code]
    kinds = {name: value for name, value in PEOPLE[code].items() if name != "residence"}
    more = {"vin": vin, "plate": plate, "words": WORDS[code], "said": SAID[code], "title": TITLES[code]}
    return {f"{code} {kind}": value for kind, value in {**kinds, **more}.items()}


@pytest.fixture
def disk(request, database):
    """PostgreSQL's own files; None where there is none."""
    if database != "postgresql":
        yield None
        return
    found = OnDisk(request.getfixturevalue("postgres"))
    yield found
    found.close()


@pytest.fixture
def live(settings, database, openings, redis, clock, tmp_path, caplog, disk):
    """Both regions, with everything that may go wrong gone wrong; answers the folders to scan and the refs of each."""

    def live(cipher):
        logs = tmp_path / "logs"
        logs.mkdir()
        refs = {}
        for code in ("eu", "gcc"):
            openings.copy(settings, database, code)
            if disk is not None:
                disk.store_plainly(name_of(disk, settings, code))
            hub = build_hub(settings, code, redis, clock=clock, cipher=cipher)
            refs[code] = happen(hub, code, clock, tmp_path)
            (logs / f"{code}.log").write_text(caplog.text + answers_of(hub))
            hub.close()
        redis.bgrewriteaof()
        return refs

    return live


def name_of(disk, settings, code):
    return make_url(settings.owner_url(code)).database.removeprefix(disk.postgres.prefix)


def happen(hub, code, clock, tmp_path):
    club, secret, files = CONNECTIONS[code]
    for name, partner in list(hub.partners.items()):
        if partner.settings.hears:
            noting = Partnered(partner.connector)
            noting.answers = ["sent", Refused("400 no"), RetryLater("out", happened=True)]
            from dataclasses import replace

            hub.partners[name] = replace(partner, connector=noting)
    app = create_app(hub)
    client = app.test_client()

    def tell(number, kind="member.enrolled", **data):
        at = clock()
        body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False).encode()
        headers = sign(hub.settings.secrets_of(code)[secret], f"msg_{number}", at, body)
        return client.post(f"/webhooks/{club}", data=body, headers=headers)

    person = {name: value for name, value in PEOPLE[code].items() if name != "address"}
    tell(1, **person, tier="gold", version=1)
    tell(2, **{**person, "email": "no address"}, version=2)  # refused at the door
    tell(3, "member.tier_changed", member_id=person["member_id"], tier="silver", version=3)
    tell(4, **{**person, "residence": "US", "version": 4})  # quarantined
    client.post(f"/webhooks/{club}", data=json.dumps(person).encode())  # not signed
    import_file(hub, files, code, tmp_path)
    fold_vehicle(hub, files, code)
    fold_estimate(hub, files, code)
    drain_all(hub)
    clock.pass_by(minutes=10)
    drain_all(hub)
    visit(hub, app, code)
    drain_all(hub)
    with hub.look() as session:
        return [*session.scalars(select(Customer.ref)), *session.scalars(select(Person.ref))]


def visit(hub, app, code):
    """The portal: somebody comes in, books, brings a paper and writes, and reads it all."""
    yard = BranchRecord(code=f"{code}-yard", title="The yard", zone=hub.here.zone)
    slot = SlotRecord(branch=yard.code, bay="1", starts_at=FIRST_SLOT, ends_at=FIRST_SLOT + timedelta(hours=1))
    folded(hub, yard, slot, partner=OWN)
    base = f"http://{hub.here.host}:{hub.here.port}"
    with hub.begin() as work:
        customer, car = work.session.execute(
            select(Customer.ref, Vehicle.ref).join(Ownership, Ownership.customer_id == Customer.id).join(Vehicle)
        ).one()
        secret = make_sign_in_link(work, principal_of(work, customer), timedelta(minutes=10))
    visitor = Visitor(app, base)
    visitor.post(
        "/sign-in", {"email": PEOPLE[code]["email"]}
    ).close()  # what is done about it is done when the answer has gone
    assert visitor.post(f"/sign-in/{secret}").status_code == 303
    token = visitor.token("/my/")
    wish = {"branch": yard.code, "car": car, "service": "service", "at": FIRST_SLOT.isoformat(), "once": "abc"}
    assert visitor.post("/my/visits/", {"token": token, **wish}).status_code == 303
    said = {"token": token, "text": SAID[code], "client_id": f"canary-{code}-1"}
    assert visitor.post("/my/chat/", said).status_code == 303
    brought = {"token": token, "file": (io.BytesIO(paper(CONTENTS[code])), f"{TITLES[code]}.pdf")}
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": base, "Accept": "text/html"}
    assert visitor.client.post("/my/documents/", base_url=base, data=brought, headers=headers).status_code == 303
    assert [TITLES[code] in visitor.get("/my/documents/").text, SAID[code] in visitor.get("/my/chat/").text] == [
        True
    ] * 2
    assert visitor.get("/my/visits/").status_code == visitor.get("/my/").status_code == 200


def import_file(hub, connection, code, tmp_path):
    person = PEOPLE[code]
    (tmp_path / "m.yaml").write_text(
        "mapping: m\nrecord: customer\ncustomer: {number: number}\nkey: [number]\n"
        "fields: {name: name, address: address, residence: {column: residence}, joined_on: {column: joined, optional: true}}\n"
    )
    path = tmp_path / "people.csv"
    rows = [
        f'{person["customer_number"]},"{person["name"]}","{person["address"]}",{person["residence"]},{day}'
        for day in ("", "x")
    ]
    path.write_text("number,name,address,residence,joined\n" + "\n".join(rows) + "\n")
    partner = hub.partners[connection]
    import_pages(hub, partner, partner.connector.read(path, load_mapping(tmp_path / "m.yaml", TARGETS)), DICE)
    path.unlink()


def fold_vehicle(hub, connection, code):
    from hub.flow import customers
    from hub.sdk import CustomerKey, VehicleRecord

    number = PEOPLE[code]["customer_number"]
    vin, plate = VEHICLES[code]
    record = VehicleRecord(
        customer=CustomerKey(partner_id=number, customer_number=number), partner_id=vin, vin=vin, plate=plate
    )
    with hub.begin() as work:
        customers.fold(hub, work, hub.partners[connection], [record])


def fold_estimate(hub, connection, code):
    """Whose words are in every place of it that holds words."""
    from hub.flow import customers
    from hub.sdk import CustomerKey, EstimateLineRecord, EstimateRecord

    words, (vin, _) = WORDS[code], VEHICLES[code]
    number = PEOPLE[code]["customer_number"]
    record = EstimateRecord(
        customer=CustomerKey(partner_id=number, customer_number=number), key=f"E {words}", at=hub.clock(), made_at=hub.clock(),
        currency="EUR", vehicle_partner_id=vin, note=words,
        lines=(EstimateLineRecord(code="brakes", title=words, note=words, price_minor=28_900),),
    )  # fmt: skip
    with hub.begin() as work:
        customers.fold(hub, work, hub.partners[connection], [record])


def answers_of(hub):
    from hub.status import status_of

    return json.dumps(status_of(hub), default=str, ensure_ascii=False)


def stores(settings, tmp_path, disk, code):
    """Everything this region keeps: folder with database, WAL, keys and documents; its PostgreSQL dumped as bytes, and its files."""
    folder = settings.folder(code)
    if disk is None:
        return [folder]
    (folder / "dump.bin").write_bytes(dump(settings.owner_url(code)))
    return [folder, disk.copy(name_of(disk, settings, code), tmp_path / "disk" / code)]


def dump(url):
    """Every value of every table, bytes as they are."""
    from sqlalchemy import MetaData, create_engine

    engine = create_engine(url)
    metadata = MetaData()
    metadata.reflect(engine)
    parts = []
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                parts += [
                    bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row
                ]
    engine.dispose()
    return b"\n".join(parts)


@pytest.fixture
def scanned(settings, disk, valkey, tmp_path):
    """(home, abroad) hits for the canaries of a region."""

    def scanned(code, wanted):
        other = "gcc" if code == "eu" else "eu"
        home = stores(settings, tmp_path, disk, code)
        abroad = [*stores(settings, tmp_path, disk, other), tmp_path / "logs", valkey_folder(valkey)]
        directory = tmp_path / "directory"
        directory.mkdir(exist_ok=True)
        for path in settings.home.glob("directory.db*"):
            shutil.copy(path, directory)
        found = scan(home, wanted), scan([*abroad, directory], wanted)
        return found[0], [
            hit for hit in found[1] if hit.path.name != LOG
        ]  # of both regions here, as they share a server

    return scanned


def valkey_folder(url):
    from pathlib import Path
    from urllib.parse import unquote

    return Path(unquote(url.removeprefix("unix://"))).parent


def test_no_value_of_a_person_lies_in_the_open_anywhere(live, scanned):
    live(AesGcm())

    for code in ("eu", "gcc"):
        assert scanned(code, {**planted(code), "contents": CONTENTS[code]}) == ([], [])


def test_no_file_is_of_a_kind_that_nobody_has_classified(live, settings):
    live(AesGcm())

    assert unclassified(settings.home) == []


def test_nothing_tagged_with_a_region_lies_outside_it(live, scanned):
    refs = live(AesGcm())

    for code in ("eu", "gcc"):
        tag = b"GH\x01" + code.encode().ljust(4, b"\0")
        home, abroad = scanned(code, {f"{code} ciphertext": tag})
        assert home, "a scan that finds nothing at home proves nothing"
        assert abroad == []
        home, abroad = scanned(code, {f"ref {number}": ref for number, ref in enumerate(refs[code])})
        assert {hit.kind for hit in home} == {f"ref {number}" for number in range(len(refs[code]))}
        assert [hit for hit in abroad if hit.path.parent.name != "directory"] == []


def test_without_a_cipher_every_kind_is_found_at_home_and_none_abroad(live, scanned, disk):
    live(Identity())

    for code in ("eu", "gcc"):
        home, abroad = scanned(code, planted(code))
        assert {hit.kind for hit in home} == set(planted(code))
        if disk is not None:
            for file in (TABLES, LOG):
                assert {hit.kind for hit in home if hit.path.name == file} == set(planted(code))
        assert abroad == []
