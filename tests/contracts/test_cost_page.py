from pathlib import Path

from tests.benchmarks.cost import Day, Device, device_h, devices, table


def test_the_page_shows_what_its_command_prints():
    page = Path("docs/cost.md").read_text(encoding="utf-8")
    given = page.split("DEVICE='")[2].split("'")[0]
    assert table([Device.parse(text) for text in given.split(",")], Day()) in page


def test_a_device_that_just_keeps_up_with_a_camera_needs_the_whole_day():
    device = Device("core", 30.0, 0.04)
    assert device_h(device, Day(fps=30, hours=24)) == 24
    assert [devices(device, Day(), cameras) for cameras in (1, 4, 10_000)] == [2, 5, 12_500]
