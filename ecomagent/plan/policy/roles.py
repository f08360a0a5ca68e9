"""Who may say yes: four roles, each able to do what those before it can."""

from __future__ import annotations

from enum import StrEnum

from ecomagent.domain.errors import ConfigError


class Role(StrEnum):
    """Roles from the one that only looks to the one that answers for the shop."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    MANAGER = "manager"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """0 for the viewer, 3 for the owner."""
        return list(Role).index(self)

    def may_act_as(self, needed: Role) -> bool:
        """Whether this role can do what ``needed`` can."""
        return self.rank >= needed.rank


def role_named(name: str) -> Role:
    """The role of that name.

    Raises:
        ConfigError: There is no such role.
    """
    try:
        return Role(name.strip().lower())
    except ValueError as error:
        raise ConfigError(
            f"“{name}” is not a role",
            where="actor.role",
            remedy=f"Use one of {', '.join(Role)}.",
        ) from error
