"""From light to picture: bloom, vignette, exposure, tone, lens blur and sensor noise."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.synthetic.raster import Grid, compiled
from detectors.synthetic.scene import Image, Light

_TABLE = 4096  # steps of the tone curve over the square root of exposure
_BRIGHTEST = 4.0


class Sensor:
    """A surveillance camera's sensor."""

    def __init__(self, size_px: tuple[int, int], light: Light, exposure: float, seed: int) -> None:
        width, height = size_px
        self._rng = np.random.default_rng(seed)
        balance = np.array([1 + 0.10 * light.warmth, 1.0, 1 - 0.12 * light.warmth])
        self._gain = (balance * exposure * light.brightness).astype(np.float32)
        x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
        self._vignette = (1 - 0.16 * ((x**2 + y**2) / 2) ** 1.4).astype(np.float32)
        grain = self._rng.normal(0, 1, (height + 64, width + 64)).astype(np.float32)
        colour = cv2.GaussianBlur(self._rng.normal(0, 1, (height + 64, width + 64, 3)).astype(np.float32), (0, 0), 1.2)
        fine = cv2.GaussianBlur(grain, (0, 0), 0.55)
        mixed = fine[..., None] / fine.std() + 0.45 * colour / colour.std()
        self._noise = (mixed * light.noise * 8).clip(-127, 127).astype(np.int8)
        self._bloom = 0.5 if light.sky == "dusk" else 0.10

    def expose(self, radiance: Grid) -> Image:
        """Radiance (h, w, 3), linear red, green, blue, to a picture (h, w, 3) in blue, green, red."""
        radiance = radiance + self._bloom * _spill(radiance * self._gain) / self._gain
        rows, columns = (int(v) for v in self._rng.integers(0, 64, 2))
        picture = _developed(radiance, self._gain, self._vignette, _CURVE)
        soft = np.asarray(cv2.GaussianBlur(picture, (3, 3), 0.55), np.uint8)
        return _noisy(soft, self._noise[rows:, columns:])


def _spill(exposed: Grid) -> Grid:
    """Light that strays from what is brighter than white."""
    height, width = exposed.shape[:2]
    bright = np.maximum(cv2.resize(exposed, (width // 4, height // 4), interpolation=cv2.INTER_AREA) - 1.1, 0.0)
    blurred = cv2.GaussianBlur(bright, (0, 0), 1.6) * 0.6 + cv2.GaussianBlur(bright, (0, 0), 6.0) * 0.9
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR))


def _curve() -> Grid:
    """Exposure to grey level: a filmic shoulder (Narkowicz 2016) and the display's gamma."""
    x = (np.arange(_TABLE) / (_TABLE - 1)) ** 2 * _BRIGHTEST
    film = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return np.asarray(9 + 243 * film.clip(0, 1) ** (1 / 2.2), np.float32)


_CURVE = _curve()


@compiled
def _developed(radiance: Grid, gain: Grid, vignette: Grid, curve: Grid) -> Image:
    rows, columns = vignette.shape
    out = np.empty((rows, columns, 3), np.uint8)
    for j in range(rows):
        for i in range(columns):
            grey = 0.25 * radiance[j, i, 0] + 0.6 * radiance[j, i, 1] + 0.15 * radiance[j, i, 2]
            for c in range(3):
                muted = radiance[j, i, c] * 0.76 + grey * 0.24
                x = min(max(muted * gain[c] * vignette[j, i] / 4.0, 0.0), 1.0)
                out[j, i, 2 - c] = np.uint8(curve[int(np.sqrt(x) * 4095.0)])
    return out


@compiled
def _noisy(picture: Image, noise: NDArray[np.int8]) -> Image:
    """Adds noise that grows a little in the shadows, as a camera's gamma makes it."""
    out = np.empty_like(picture)
    for j in range(picture.shape[0]):
        for i in range(picture.shape[1]):
            for c in range(3):
                v = float(picture[j, i, c])
                v += noise[j, i, c] / 8.0 * (1.25 - 0.5 * v / 255.0)
                out[j, i, c] = np.uint8(min(max(v + 0.5, 0.0), 255.0))
    return out
