"""Reads site folders from disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from geo.site import SITE_FILE, Site, SiteError, read_site
from geo.site_description import json_schemas
from pipelines.settings import Settings

_TEXT_FILES = (".yaml", ".geojson", ".csv")
_OF_SIMULATION = ("scenario.yaml", "history.yaml")  # what moves there is no part of the site


@dataclass(frozen=True)
class SiteFolder:
    """A site and the folder it was read from."""

    path: Path
    site: Site

    @property
    def weights(self) -> Path | None:
        """The detector weights the site names, as a path."""
        named = self.site.detector.weights
        return (self.path / named).resolve() if named else None


def load_site(path: Path) -> SiteFolder:
    """Reads a site folder.

    Raises:
        SiteError: if it is missing or malformed, naming file, field and fix.
    """
    return SiteFolder(path, read_site(read_documents(path), str(path)))


def read_documents(path: Path) -> dict[str, str]:
    """The texts of a site folder's files, by name.

    Raises:
        SiteError: if there is no such folder, or a file is no text or cannot be read.
    """
    if not path.is_dir():
        raise SiteError(f"{path}: no such site folder. Give a folder that holds a {SITE_FILE}.")
    return {file.name: _text(file) for file in sorted(path.iterdir()) if is_site_text(file.name)}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SiteError(f"{file}: is not UTF-8 text ({error.reason}). Save it as UTF-8.") from error
    except OSError as error:
        raise SiteError(f"{file}: cannot be read ({error.strerror}). Make it a file that Passant may read.") from error


def is_site_text(name: str) -> bool:
    """Whether a file of that name is part of a site."""
    return Path(name).suffix in _TEXT_FILES and name not in _OF_SIMULATION


def find_sites(settings: Settings) -> dict[str, Path]:
    """Site name -> folder, for every folder under ``data/sites`` that holds a site file."""
    if not settings.sites.is_dir():
        return {}
    return {path.name: path for path in sorted(settings.sites.iterdir()) if (path / SITE_FILE).is_file()}


def find_site(site_id: str, settings: Settings) -> SiteFolder:
    """The site of that name under ``data/sites``.

    Raises:
        SiteError: if there is none, or its file gives it another name.
    """
    known = find_sites(settings)
    if site_id not in known:
        raise SiteError(f"{settings.sites}: no site '{site_id}'. Use one of: {', '.join(known) or 'none yet'}.")
    folder = load_site(known[site_id])
    if folder.site.site_id != site_id:
        raise SiteError(f"{folder.path}/{SITE_FILE}: site_id: is '{folder.site.site_id}'. Name it like its folder.")
    return folder


def write_schemas(folder: Path) -> list[Path]:
    """Writes the JSON Schema of every site file, which editors check site files against."""
    written = []
    for name, schema in json_schemas().items():
        path = folder / f"{Path(name).stem}.schema.json"
        path.write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        written.append(path)
    return written
