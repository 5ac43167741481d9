"""A grey background as something a page can show; made in memory and never written."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def data_url(grey: NDArray[np.uint8]) -> str:
    """Grey levels (height, width) as a PNG in a data URL."""
    in_memory = io.BytesIO()
    Image.fromarray(grey).save(in_memory, format="PNG")
    return "data:image/png;base64," + base64.b64encode(in_memory.getvalue()).decode()
