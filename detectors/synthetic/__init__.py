"""Renders road users on a plan into frames and an mp4: footage whose truth is known exactly.

Everything is triangles, drawn by a compiled software rasteriser: what stands still is lit once per
light (`bake`), road users are posed (`figures`), lit and drawn for every frame (`renderer`), and the
picture passes a lens and a sensor (`sensor`). The boxes handed out as labels enclose the whole body, so
that their lower edge is the ground contact even where the feet are hidden.
"""

from detectors.synthetic.renderer import LEAST_VISIBLE_SHARE, Renderer
from detectors.synthetic.scene import FIGURES, POSES, Actor, Label, Light, Surface
from detectors.synthetic.video import write_mp4

__all__ = ["FIGURES", "LEAST_VISIBLE_SHARE", "POSES", "Actor", "Label", "Light", "Renderer", "Surface", "write_mp4"]
