"""Sets one value in a YAML text and leaves everything else, comments too, as it was written."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import yaml

Way = Sequence[str | int]


def with_value(text: str, way: Way, value: object) -> str:
    """The text with the value at a way of keys and indices set.

    Where the text is written so that one value cannot be changed alone, all of it is written anew.

    Args:
        text: a YAML document.
        way: as ``("cameras", 0, "counting_lines")``; only the last key may be missing.
        value: plain data.
    """
    wanted = _set(yaml.safe_load(text), way, value)
    edited = _edited(text, way, value)
    try:
        if yaml.safe_load(edited) == wanted:
            return edited
    except yaml.YAMLError:
        pass
    return yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True)


def _set(whole: Any, way: Way, value: object) -> Any:  # noqa: ANN401  (YAML is what it is)
    changed = place = copy.deepcopy(whole)
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = value
    return changed


def _edited(text: str, way: Way, value: object) -> str:
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for step in way[:-1]:
        node = node.value[step] if isinstance(step, int) else _of(node, step)[1]
    indent = " " * node.start_mark.column
    found = [pair for pair in node.value if pair[0].value == way[-1]]
    entry = _entry(str(way[-1]), value, indent)
    if found:
        key, old = found[0]
        end = _end(text, key.end_mark.index, old.end_mark.index)
        return text[: key.start_mark.index] + entry + text[end:]
    end = _end(text, node.start_mark.index, node.end_mark.index)
    return f"{text[:end].rstrip()}\n{indent}{entry}{text[end:] or chr(10)}"


def _of(node: Any, name: str) -> Any:  # noqa: ANN401
    return next(pair for pair in node.value if pair[0].value == name)


def _end(text: str, start: int, end: int) -> int:
    """Where a value ends: the parser puts the end of a block at the next token, after blanks and comments."""
    lines = text[start:end].splitlines(keepends=True)
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return start + len("".join(lines).rstrip())


def _entry(name: str, value: object, indent: str) -> str:
    """``name:`` and its value; lists with one entry a line."""
    if not isinstance(value, list):
        return f"{name}: {_flow(value)}"
    if not value:
        return f"{name}: []"
    return f"{name}:" + "".join(f"\n{indent}  - {_flow(item)}" for item in value)


def _flow(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return text.removesuffix("...\n").strip()
