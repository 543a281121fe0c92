"""A first sign-in by a provider, from two tabs at one moment: one person, two sessions, and nobody is turned away."""

import pytest
from sqlalchemy import func, select

from hub.access import staff
from hub.access.devices import UNKNOWN
from hub.models import Identity, Principal, Role, Session
from providing import MARA, settings_of


@pytest.fixture(params=["postgresql"])
def database(request):
    """On SQLite the second transaction waits for the first before it looks."""
    return request.param


def test_the_second_tab_finds_what_the_first_has_made_meanwhile(hub, monkeypatch):
    settings = settings_of("http://127.0.0.1/staff")
    new_ref, first = staff.new_ref, []

    def meanwhile():
        """The other tab is through between our look and our writing."""
        if not first:
            first.append("")
            with hub.begin() as work:
                first[0] = staff.come_in(work, settings, MARA, UNKNOWN)
        return new_ref()

    monkeypatch.setattr(staff, "new_ref", meanwhile)
    with hub.begin() as work:
        second = staff.come_in(work, settings, MARA, UNKNOWN)

    assert all([first[0], second])
    with hub.look() as session:
        counts = [session.scalar(select(func.count()).select_from(of)) for of in (Identity, Principal, Role, Session)]
    assert counts == [1, 1, 1, 2]
