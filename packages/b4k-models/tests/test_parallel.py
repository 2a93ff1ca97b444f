"""data_parallel: the same numbers from parts of a batch, or a clear word on what there is instead."""

import numpy as np
import pytest
from b4k_models import build_transformer_model, data_parallel

CPUS = ["/cpu:0", "/cpu:0"]


@pytest.mark.parametrize("parts", [None, [2, 1]])
def test_parts_of_a_batch_give_the_same(config, batch, parts):
    model = build_transformer_model(with_pool=True, with_mlm=True, **config)
    try:
        parallel = data_parallel(model, CPUS, parts)
    except NotImplementedError as error:
        assert "Strategy" in str(error) or "distribution" in str(error)
        return
    got, expected = parallel.predict(batch), model.predict(batch)
    for x, y in zip(got, expected):
        np.testing.assert_allclose(x, y, atol=1e-6)
    assert parallel.count_params() == model.count_params()


def test_parts_that_are_not_as_many_as_devices(config):
    model = build_transformer_model(**config)
    with pytest.raises(ValueError, match="3 parts were given for 2 devices"):
        data_parallel(model, CPUS, [1, 1, 1])
    with pytest.raises(ValueError, match="pass the names of some devices"):
        data_parallel(model, 0)
