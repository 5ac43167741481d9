import numpy as np
import pytest

from detectors.synthetic.mesh import Paint, ball, bar, box, column, disc, hoop, merged, turn_z

PAINT = Paint((0.5, 0.4, 0.3), 0.2)
SHAPES = {
    "box": box((-1, -2, 0), (1, 2, 3), PAINT),
    "ball": ball((0, 0, 1), (1, 1, 1), PAINT),
    "bar": bar((0, 0, 0), (1, 1, 1), 0.1, PAINT),
    "column": column([(0, 0, 0, 1, 1), (0, 0, 2, 0.5, 0.5)], PAINT),
    "disc": disc((0, 0, 1), 1.0, 0.2, PAINT),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_normals_look_outwards(shape):
    out = shape.points - shape.points.mean(axis=0)
    assert ((out * shape.normals).sum(axis=1) > -1e-6).all()
    assert np.linalg.norm(shape.normals, axis=1) == pytest.approx(np.ones(len(out)), abs=1e-5)


@pytest.mark.parametrize("shape", [*SHAPES.values(), hoop((0, 0, 1), 0.3, 0.04, PAINT)])
def test_faces_name_points_that_exist(shape):
    assert shape.faces.min() >= 0
    assert shape.faces.max() < len(shape.points) == len(shape.paint) == len(shape.bones)


def test_a_merged_mesh_is_its_parts():
    parts = list(SHAPES.values())
    whole = merged(part.on(i) for i, part in enumerate(parts))
    assert len(whole.faces) == sum(len(part.faces) for part in parts)
    last = whole.faces[-len(parts[-1].faces) :]
    assert whole.points[last] == pytest.approx(parts[-1].points[parts[-1].faces])
    assert set(whole.bones[last].ravel()) == {len(parts) - 1}


def test_moved_turns_first_and_shifts_then():
    moved = box((0, 0, 0), (1, 1, 1), PAINT).moved((10, 0, 0), turn_z(np.pi / 2))
    assert moved.points.min(axis=0) == pytest.approx([9, 0, 0], abs=1e-6)
    assert moved.points.max(axis=0) == pytest.approx([10, 1, 1], abs=1e-6)
