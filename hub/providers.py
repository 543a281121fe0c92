"""The identity provider of hub.yaml by which a region's staff come in, and what its groups may do here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ruamel.yaml.comments import CommentedMap

from hub.blocks import Reader, said

STAFF_ROLES = ("advisor", "marketer", "admin", "privacy", "operator", "auditor")
Grants = frozenset[tuple[str, str | None]]  # roles, each with the branch it is for, None for all
KEYS = {"title", "issuer", "client_id", "secrets", "domains", "claim", "roles", "allow_loopback"}


@dataclass(frozen=True)
class ProviderSettings:
    """A provider of OpenID Connect. roles: what each of its groups may do here."""

    title: str = said("what staff call it: it stands on the button")
    issuer: str = said("its issuer identifier, letter by letter as its discovery document says it")
    client_id: str = said("under which name the hub is registered there")
    secrets: Mapping[str, str] = said("`client_secret`: `${NAME}` of the environment or of the region's `secrets.env`")
    roles: Mapping[str, Grants] = said(
        "group there: roles here, as a list for the whole region or as `{role: [branch]}`; whoever has no such group stays out"
    )
    claim: str = said("the claim of the ID token that lists a person's groups", default="groups")
    domains: tuple[str, ...] = said(
        "domains of e-mail addresses, one of which a person must have there, verified", default=()
    )
    allow_loopback: bool = said("a provider on this machine, by plain http: for trials only", default=False)

    def grants(self, groups: Iterable[object]) -> Grants:
        """What somebody in these groups may do."""
        known = [self.roles[group] for group in groups if isinstance(group, str) and group in self.roles]
        return frozenset[tuple[str, str | None]]().union(*known)


def read_provider(reader: Reader, region: CommentedMap, key: str) -> ProviderSettings | None:
    block = region.get(key)
    if block is None:
        return None
    if not isinstance(block, CommentedMap):
        reader.wrong(region, key, f"“{key}” must be a mapping.")
        return None
    reader.unknown(block, KEYS)
    loopback = block.get("allow_loopback") is True
    issuer = reader.text(block, "issuer")
    if urlsplit(issuer).scheme != "https" and not loopback:
        reader.wrong(block, "issuer", f"“{issuer}” is no https address.", "Nobody between may read who signs in.")
    secrets = reader.secrets(block)
    if set(secrets) != {"client_secret"}:
        reader.wrong(block, "secrets", "“secrets” must name client_secret, and nothing else.")
    return ProviderSettings(
        title=reader.text(block, "title"),
        issuer=issuer,
        client_id=reader.text(block, "client_id"),
        secrets=secrets,
        roles=_roles(reader, block),
        claim=reader.text(block, "claim", "groups"),
        domains=tuple(domain.casefold() for domain in reader.texts(block, "domains")),
        allow_loopback=loopback,
    )


def _roles(reader: Reader, block: CommentedMap) -> dict[str, Grants]:
    groups = block.get("roles")
    if not isinstance(groups, CommentedMap) or not groups:
        reader.wrong(block, "roles", "“roles” must name at least one group.", "Write {group: [role]}.")
        return {}
    return {str(group): _grants(reader, groups, group) for group in groups}


def _grants(reader: Reader, groups: CommentedMap, group: str) -> Grants:
    """A list of roles for the whole region, or a mapping where a role is for some branches: {advisor: [berlin-spree]}."""
    value, found = groups[group], set[tuple[str, str | None]]()
    if isinstance(value, CommentedMap):
        for role in value:
            found |= {(str(role), branch) for branch in reader.texts(value, role)}
    else:
        found = {(role, None) for role in reader.texts(groups, group)}
    if unknown := sorted({role for role, _ in found} - set(STAFF_ROLES)):
        reader.wrong(groups, group, f"“{unknown[0]}” is no role of staff.", f"Roles: {', '.join(STAFF_ROLES)}.")
    if not found:
        reader.wrong(groups, group, f"“{group}” has no role.", "Name one, or take the group out.")
    return frozenset(found)
