"""The text of site.yaml to what it describes."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import ValidationError

from geo.field_errors import first_error
from geo.site_description import SiteDescription


class DescriptionError(ValueError):
    """A text that describes no site; names the field and what to do."""


class _OncePerField(yaml.SafeLoader):
    """Reads plain values only, and refuses a field that is given twice, of which YAML readers keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise yaml.constructor.ConstructorError(None, None, f"field '{twice}' is given twice", node.start_mark)
        return dict(super().construct_mapping(node, deep))


def read_description(text: str) -> SiteDescription:
    """Reads site.yaml.

    Raises:
        DescriptionError: if it is no YAML, or a field is not as it must be.
    """
    try:
        return SiteDescription.model_validate(yaml.load(text, _OncePerField))  # noqa: S506
    except yaml.YAMLError as error:
        raise DescriptionError(f"not valid YAML ({' '.join(str(error).split())}). Mend the file.") from error
    except ValidationError as error:
        raise DescriptionError(f"{first_error(error)}. Mend this field.") from error
