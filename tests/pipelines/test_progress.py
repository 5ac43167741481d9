from pipelines import progress


def test_lines_tell_how_long_it_takes_once_something_is_done(monkeypatch):
    monkeypatch.setattr(progress, "_LINE_EVERY_S", 0.0)
    said = []
    with progress.frame_progress("film.mp4", 80, said.append) as update:
        for done in (0, 40, 80):
            update(done)
    assert said[0] == "film.mp4: 0/80 frames, 0.0 frames/s, waiting for the first"
    assert said[1].endswith("0 s left")
    assert said[2].startswith("film.mp4: 80/80 frames")
