import ast
import re
import string
import tomllib
from datetime import date, datetime
from pathlib import Path

import pytest

from dashboards.words import LANGUAGES, words

CODE = [*Path("dashboards").rglob("*.py")]


def catalogue(language):
    return words(language).texts


def placeholders(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def looked_up():
    """Patterns of the keys that the code asks for: literals as they are, f-strings with holes."""
    patterns = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args and _is_lookup(node.func)):
                continue
            key = node.args[0]
            branches = [key.body, key.orelse] if isinstance(key, ast.IfExp) else [key]
            patterns |= {_pattern(branch) for branch in branches}
    return patterns - {None}


def _is_lookup(function):
    if isinstance(function, ast.Call):
        return False
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    return name in {"say", "switch", "choose_place", "self"}


def _pattern(key):
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return re.escape(key.value)
    if isinstance(key, ast.JoinedStr):
        return "".join(re.escape(p.value) if isinstance(p, ast.Constant) else r"\w+" for p in key.values)
    return None


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_catalogues_have_the_same_texts_and_placeholders(language):
    english, other = catalogue("en"), catalogue(language)
    assert english.keys() == other.keys()
    for key, text in english.items():
        assert placeholders(text) == placeholders(other[key]), key
        assert other[key].strip(), key


def test_every_text_asked_for_exists_and_every_text_is_asked_for():
    keys, patterns = set(catalogue("en")), looked_up()
    missing = {p for p in patterns if not any(re.fullmatch(p, key) for key in keys)}
    assert missing == set()
    pages = {path.stem for path in Path("dashboards/views").glob("*.py")}
    switched = {"direction", "day_type", "interval", "unit", "measure", "layer"}
    unused = {k for k in keys - pages if not any(re.fullmatch(p, k) for p in patterns)}
    assert {k for k in unused if not k.startswith(tuple(f"{s}_" for s in switched))} == set()


def test_a_language_without_a_catalogue_is_english():
    assert words("xx").language == "en"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["1,234.5", "−0.5", "0", "+12 %", "−3 %", "Wed 10 June 2026"]),
        ("de", ["1.234,5", "−0,5", "0", "+12 %", "−3 %", "Mi 10. Juni 2026"]),
    ],
)
def test_numbers_and_dates_follow_the_language(language, expected):
    say = words(language)
    numbers = [say.number(1234.5, 1), say.number(-0.5, 1), say.number(-0.04), say.change(0.12), say.change(-0.03)]
    assert [*numbers, say.day(date(2026, 6, 10))] == expected
    assert say.moment(datetime(2026, 6, 10, 8, 5)).endswith("08:05")


@pytest.mark.parametrize(
    ("seconds", "expected"), [(4, "0 min 04 s"), (3599, "59 min 59 s"), (7380, "2 h 03 min"), (864000, "10 days")]
)
def test_durations_name_their_two_largest_units(seconds, expected):
    assert words("en").duration(seconds) == expected


def test_what_was_not_observed_is_never_a_number():
    assert words("en").number(None) == words("en").percent(None) == "not observed"


def test_what_was_made_without_a_detector_says_so_in_every_language():
    made = "simulated crossings, no detector, simulated road users, no detector"
    assert words("en").detector(made) == made
    assert words("de").detector(made).count("kein Detektor") == 2
    assert words("de").detector("yolo11n.pt") == "yolo11n.pt"


def test_catalogues_are_valid_toml_without_doubles():
    for language in LANGUAGES:
        tomllib.loads(Path(f"dashboards/catalogue/{language}.toml").read_text(encoding="utf-8"))
