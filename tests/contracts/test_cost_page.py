from pathlib import Path

import pytest

from tests.benchmarks import bench, cost, tracking
from tests.benchmarks.cost import Day, Device, device_h, devices, table


def test_the_page_shows_what_its_command_prints():
    page = Path("docs/cost.md").read_text(encoding="utf-8")
    given = page.split("DEVICE='")[2].split("'")[0]
    assert table([Device.parse(text) for text in given.split(",")], Day()) in page


def test_a_device_that_just_keeps_up_with_a_camera_needs_the_whole_day():
    device = Device("core", 30.0, 0.04)
    assert device_h(device, Day(fps=30, hours=24)) == 24
    assert [devices(device, Day(), cameras) for cameras in (1, 4, 10_000)] == [2, 5, 12_500]


@pytest.mark.slow
def test_a_core_of_this_machine_is_measured(monkeypatch, capsys):
    monkeypatch.delenv("DEVICE", raising=False)
    monkeypatch.setattr(tracking, "FRAMES", 8)
    monkeypatch.setattr(bench, "ROUNDS", 1)
    cost.bench_cost()
    _, *rows = capsys.readouterr().out.splitlines()
    assert float(rows[-1].split("|")[2]) > 1.0
