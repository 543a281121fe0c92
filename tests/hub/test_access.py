"""A sign-in link works once and for a while; a session counts until it is revoked or has ended."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hub.access import (
    begin_session,
    end_access_of,
    make_sign_in_link,
    principal_named,
    principal_of,
    revoke,
    seen_now,
    signed_in,
    staff_where,
    use_sign_in_link,
)
from hub.access.sessions import MOST
from hub.errors import NotFound
from hub.models import Person, Principal, Session, SignInLink
from mine import an_owner
from talking import Talk


def a_link(hub, minutes=10):
    with hub.begin() as work:
        return make_sign_in_link(work, principal_named(work, "Theo", ["operator"]), timedelta(minutes=minutes))


def used(hub, link):
    with hub.begin() as work:
        return use_sign_in_link(work, link)


def who(hub, secret, clock):
    with hub.look() as session:
        return signed_in(session, secret, clock(), hub.settings.idle)


def test_a_link_signs_in_once(hub, clock):
    link = a_link(hub)

    first, second = used(hub, link), used(hub, link)

    assert second is None
    assert (who(hub, first, clock).title, who(hub, first, clock).roles) == ("Theo", {"operator"})


def test_a_session_tells_which_customer_it_is_until_they_are_forgotten(hub, clock):
    talk = Talk(hub)
    with hub.begin() as work:
        theirs = begin_session(work, talk.principal_id, "link")
    assert who(hub, theirs, clock).customer_id == talk.customer_id

    with hub.begin() as work:
        work.session.execute(update(Person).values(data_key_id=None))

    assert who(hub, theirs, clock).customer_id is None
    assert who(hub, used(hub, a_link(hub)), clock).customer_id is None


def test_a_link_that_is_too_old_or_unknown_signs_nobody_in(hub, clock):
    link = a_link(hub)
    clock.pass_by(minutes=11)

    assert used(hub, link) is None
    assert used(hub, "nonsense") is None


def test_secrets_are_kept_as_hashes_only(hub):
    link = a_link(hub)
    secret = used(hub, link)

    with hub.look() as session:
        stored = [*session.scalars(select(SignInLink.secret_hash)), *session.scalars(select(Session.secret_hash))]
    assert all(link.encode() not in one and secret.encode() not in one for one in stored)


def test_a_revoked_or_ended_session_counts_no_more(hub, clock):
    first, second = used(hub, a_link(hub)), used(hub, a_link(hub))
    with hub.begin() as work:
        revoke(work, who(hub, first, clock).session_id)

    assert who(hub, first, clock) is None
    assert who(hub, second, clock) is not None
    for _ in range(48):
        clock.pass_by(minutes=15)
        if (there := who(hub, second, clock)) is not None:
            with hub.begin() as work:
                seen_now(work, there)
    assert who(hub, second, clock) is None, "after twelve hours, however busy it was"


def test_staff_who_are_idle_for_half_an_hour_and_customers_for_two_hours_sign_in_again(hub, clock):
    staff, owner = used(hub, a_link(hub)), an_owner(hub)
    with hub.begin() as work:
        link = make_sign_in_link(work, principal_of(work, owner.ref), timedelta(minutes=10))
    customer = used(hub, link)

    clock.pass_by(minutes=29)
    assert who(hub, staff, clock) is not None
    clock.pass_by(minutes=1)
    assert (who(hub, staff, clock), who(hub, customer, clock) is not None) == (None, True)
    clock.pass_by(minutes=90)
    assert who(hub, customer, clock) is None


def test_one_session_too_many_ends_the_one_that_was_longest_away(hub, clock):
    first, *others = (used(hub, a_link(hub)) for _ in range(MOST + 1))

    assert who(hub, first, clock) is None
    assert None not in {who(hub, one, clock) for one in others}


def test_of_sessions_that_began_at_one_moment_the_newest_stays(hub, clock):
    with hub.begin() as work:
        theo = principal_named(work, "Theo", ["operator"])
        secrets = [begin_session(work, theo.id, "link") for _ in range(MOST + 1)]

    assert [who(hub, one, clock) is not None for one in secrets] == [False, *[True] * MOST]


def test_a_customer_has_one_principal_that_names_nobody(hub, clock):
    owner = an_owner(hub)
    with hub.begin() as work:
        links = [make_sign_in_link(work, principal_of(work, owner.ref), timedelta(minutes=10)) for _ in range(2)]

    found = [who(hub, used(hub, link), clock) for link in links]

    assert {(one.person_id, one.roles) for one in found} == {(owner.person_id, frozenset({"customer"}))}
    with hub.look() as session:
        assert [one.title for one in session.scalars(select(Principal))] == ["customer"]


def test_nobody_signs_in_as_a_customer_who_is_not_there(hub):
    with hub.begin() as work, pytest.raises(NotFound):
        principal_of(work, "0" * 32)


def test_access_ends_by_a_ref_and_by_no_other(hub, clock):
    mine, other = used(hub, a_link(hub)), a_link(hub)

    with hub.begin() as work:
        theo = work.session.scalars(select(Principal)).one()
        end_access_of(work, staff_where(), theo.ref, "test")
        with pytest.raises(NotFound):
            end_access_of(work, staff_where(), "Theo", "test")

    assert who(hub, mine, clock) is None
    assert used(hub, other) is None
