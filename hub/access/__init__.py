"""Who may come in: principals and roles, sessions, links and codes that work once, passkeys, a provider's word."""

from hub.access.devices import Device
from hub.access.members import end_access_of, members, members_after, staff_where
from hub.access.sessions import (
    ROLES,
    SESSION_LASTS,
    SignedIn,
    begin_session,
    comes_by_provider,
    end_access,
    hash_secret,
    make_sign_in_link,
    principal_named,
    principal_of,
    revoke,
    revoke_others,
    seen_now,
    sessions_of,
    signed_in,
    use_sign_in_link,
)

__all__ = [
    "ROLES",
    "SESSION_LASTS",
    "Device",
    "SignedIn",
    "begin_session",
    "comes_by_provider",
    "end_access",
    "end_access_of",
    "hash_secret",
    "make_sign_in_link",
    "members",
    "members_after",
    "principal_named",
    "principal_of",
    "revoke",
    "revoke_others",
    "seen_now",
    "sessions_of",
    "signed_in",
    "staff_where",
    "use_sign_in_link",
]
