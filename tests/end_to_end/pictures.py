"""``make pictures``: the README's pictures, of the dashboard on ``data/`` and of the demo recording.

Each is 1440 px wide (the recording 1280) and at most 300 kB; text stays sharp because a picture that is
too large gets fewer colours, not fewer pixels.
"""

from __future__ import annotations

import io
from pathlib import Path

import av
from PIL import Image

from dashboards.words import words
from tests.browsing import PATHS, browsing, reading, serving, settle, visit

FOLDER = Path("docs/pictures")
MOST_BYTES = 300_000
HEIGHT_PX = 1100
NAMES = {"place": "map"}


def main() -> None:
    """Writes all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    _recording(next(Path("data/demo").glob("*.mp4")))
    with serving(Path("data")) as server, browsing() as browser, reading(browser, (server,)) as page:
        page.set_viewport_size({"width": 1440, "height": HEIGHT_PX})
        for name in ("overview", "site", "place", "movements", "plaza", "compare", "quality"):
            visit(page, f"{server}/{PATHS[name]}", words("en")(name))
            settle(page)
            _save(page.screenshot(), FOLDER / f"{NAMES.get(name, name)}.png")


def _save(png: bytes, path: Path) -> None:
    """As it is, or with ever fewer colours until it is small enough."""
    colours = 256
    content = png
    while len(content) > MOST_BYTES:
        buffer = io.BytesIO()
        Image.open(io.BytesIO(png)).convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(
            buffer, "PNG", optimize=True
        )
        content, colours = buffer.getvalue(), colours // 2
        if colours < 16:
            raise ValueError(f"{path}: {len(content)} bytes with {2 * colours} colours, {MOST_BYTES} are the most.")
    path.write_bytes(content)
    print(f"{path}: {len(content) / 1000:.0f} kB")


def _recording(video: Path) -> None:
    """A frame of the middle of the demo recording, 1280 x 720."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        container.seek(int((container.duration or 0) / 2))
        image = next(container.decode(stream)).to_image().resize((1280, 720), Image.Resampling.LANCZOS)
    path, quality = FOLDER / "lindenplatz.jpg", 90
    image.save(path, quality=quality, optimize=True)
    while path.stat().st_size > MOST_BYTES:
        quality -= 10
        image.save(path, quality=quality, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
