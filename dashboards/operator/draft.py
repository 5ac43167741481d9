"""The draft of a site: its files as they are being changed, with a way back. Nothing of it is on disk."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from dashboards.operator.documents import Documents
from geo.site import Site, SiteError, read_site


@dataclass
class Draft:
    """What an operator is changing.

    Attributes:
        read: the files as they were read.
        documents: as they are now.
        past: as they were before each change.
        pictures: camera -> background as a data URL, in memory only.
    """

    site_id: str
    read: Documents
    documents: Documents
    past: list[Documents] = field(default_factory=list)
    pictures: dict[str, str] = field(default_factory=dict)

    @property
    def revision(self) -> int:
        """Tells widgets of one state of the draft from those of another."""
        return hash(tuple(sorted(self.documents.items())))

    @property
    def changed(self) -> list[str]:
        """The files that differ from what was read."""
        return [name for name, text in self.documents.items() if self.read.get(name) != text]

    def change(self, documents: Documents) -> None:
        """Takes a change over and shows it."""
        if documents != self.documents:
            self.past.append(self.documents)
            self.documents = documents
        st.rerun()

    def undo(self) -> None:
        self.documents = self.past.pop()
        st.rerun()

    def site(self) -> Site | SiteError:
        """The site as it would be saved, or why it cannot be."""
        try:
            return read_site(self.documents, self.site_id)
        except SiteError as error:
            return error
