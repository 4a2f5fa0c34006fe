"""Sums in blocks are the plain products."""

import numpy as np
import pytest

from RNN_From_Scratch import products


@pytest.mark.parametrize("block", [1, 4, 5, 1000])
def test_blocks_add_up_to_the_whole(monkeypatch, block):
    monkeypatch.setattr(products, "BLOCK", block)
    rng = np.random.default_rng(0)
    A, W, D = rng.standard_normal((3, 10)), rng.standard_normal((10, 4)), rng.standard_normal((3, 7))
    np.testing.assert_allclose(products.product(A, W, np.empty((3, 4))), A @ W, rtol=1e-12)
    np.testing.assert_allclose(products.product_over_rows(A, D, np.empty((10, 7))), A.T @ D, rtol=1e-12)
