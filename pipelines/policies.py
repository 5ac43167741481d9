"""The rules of operation that a city sets in ``data/policies/operations.yaml``, for all sites or for one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.settings import Settings


class PolicyError(ValueError):
    """A policy that cannot be used; names the file, the field and what to do."""


class Rules(BaseModel):
    """What holds at one site; the defaults hold where nothing is written.

    Attributes:
        recordings_kept_h: hours for which a video file is kept once it was tracked (EDPB guidelines
            3/2019, paragraph 121: more than 72 h needs more reason).
        tracks_kept_d: days for which tracks, and everything else per road user, are kept from then on.
        stale_after_h: hours after the end of its last recording at which a camera is overdue.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    recordings_kept_h: float = Field(default=72.0, gt=0)
    tracks_kept_d: float = Field(default=30.0, gt=0)
    stale_after_h: float = Field(default=36.0, gt=0)

    @model_validator(mode="after")
    def _tracks_outlive_recordings(self) -> Rules:
        if self.recordings_kept > self.tracks_kept:
            raise ValueError("recordings_kept_h is longer than tracks_kept_d; a recording must leave first")
        return self

    @property
    def recordings_kept(self) -> timedelta:
        return timedelta(hours=self.recordings_kept_h)

    @property
    def tracks_kept(self) -> timedelta:
        return timedelta(days=self.tracks_kept_d)

    @property
    def stale_after(self) -> timedelta:
        return timedelta(hours=self.stale_after_h)


class Policy(Rules):
    """The whole file: what holds everywhere, and what holds instead at single sites."""

    sites: dict[str, dict[str, float]] = {}

    def of(self, site_id: str) -> Rules:
        """The rules of a site."""
        return Rules(**{**self.model_dump(exclude={"sites"}), **self.sites.get(site_id, {})})


def read_policy(settings: Settings) -> Policy:
    """Reads the policy; the defaults where there is no file.

    Raises:
        PolicyError: naming the file, the field and the fix.
    """
    path = settings.policy
    if not path.is_file():
        return Policy()
    try:
        policy = Policy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
        for site_id in policy.sites:
            policy.of(site_id)
    except ValidationError as error:
        raise PolicyError(_mistake(path, error)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: not valid YAML ({' '.join(str(error).split())}). Mend the file.") from error
    return policy


def _mistake(path: Path, error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "rules"
    return f"{path}: {where}: {first['msg']}. Fields are {', '.join(Rules.model_fields)}, and sites."
