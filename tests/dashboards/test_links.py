import pytest

from dashboards.links import in_words

PLACES = {"site": {"site_1": "Lindenplatz"}, "line": {"street": "Street"}}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            {"lang": ["de"], "period": ["last_28_days"], "who": ["car", "bus"]},
            {"lang": ["Deutsch"], "period": ["Letzte 28 Tage"], "who": ["Pkw", "Bus"]},
            id="by keys",
        ),
        pytest.param(
            {"lang": ["Deutsch"], "period": ["Last 28 days"], "who": ["Car", "Bus"]},
            {"lang": ["Deutsch"], "period": ["Letzte 28 Tage"], "who": ["Pkw", "Bus"]},
            id="made in English, read in German",
        ),
        pytest.param(
            {"period": ["Letzte 28 Tage"]}, {"period": ["Last 28 days"]}, id="made in German, read in English"
        ),
        pytest.param({"site": ["site_1"], "line": ["street"]}, {"site": ["Lindenplatz"], "line": ["Street"]}, id="ids"),
        pytest.param(
            {"line": ["Street"], "dates": ["2026-06-01"]}, {"line": ["Street"], "dates": ["2026-06-01"]}, id="kept"
        ),
        pytest.param({"lang": ["xx"], "who": ["dragon"]}, {"lang": ["English"], "who": ["dragon"]}, id="not known"),
        pytest.param({"with": ["a year before"]}, {"with": ["a year before"]}, id="of a page"),
    ],
)
def test_a_link_says_the_same_in_its_readers_words(given, said):
    assert in_words(given, PLACES) == said
    assert in_words(said, PLACES) == said
