import pytest
import torch

from components.pictures.tiles import tiles


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 16), (8, 9), (17, 5)])
@pytest.mark.parametrize("halo", [0, 3, 20])
def test_tiles_cover_the_image_once_and_know_where_they_lie(height, width, halo):
    image = torch.arange(height * width).view(height, width)
    copy = torch.full_like(image, -1)
    for tile in tiles(height, width, side=8, halo=halo):
        assert (copy[tile.place.rows, tile.place.columns] == -1).all()
        outer = image[tile.outer.rows, tile.outer.columns]
        copy[tile.place.rows, tile.place.columns] = outer[tile.inner.rows, tile.inner.columns]
    assert torch.equal(copy, image)


def test_the_halo_is_cut_off_at_the_edge_alone():
    corner, right, _, last = tiles(16, 16, side=8, halo=3)
    assert corner.outer == (slice(0, 11), slice(0, 11))
    assert right.outer == (slice(0, 11), slice(5, 16))
    assert last.inner == (slice(3, 11), slice(3, 11))
