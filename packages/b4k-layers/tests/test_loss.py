"""Loss trains a model without targets, on every Keras."""

import numpy as np
import pytest
from b4k_layers import Embedding, Loss
from b4k_ops import get_values, keras, ops

Input = keras.layers.Input

IDS = np.array([[3, 1, 0, 0], [2, 4, 5, 0], [1, 0, 0, 0]], "float32")
LABELS = np.array([[1.0], [-2.0], [0.5]], "float32")


class SquaredError(Loss):
    """The mean of squares, padding left out."""

    def compute_loss(self, inputs, mask=None):
        y_true, y_pred = inputs
        valid = ops.cast(mask[1], y_pred.dtype)  # [batch, length]
        error = ops.square(y_true - y_pred[..., 0]) * valid
        return ops.sum(error) / ops.sum(valid)


def loss_model(output_axis=1):
    ids, labels = Input((4,), name="ids"), Input((1,), name="labels")
    layer = Embedding(7, 1, embeddings_initializer="ones", mask_zero=True, name="table")
    outputs = SquaredError(output_axis, name="loss")([labels, layer(ids)])
    return keras.models.Model([ids, labels], outputs)


def test_one_step_goes_down_the_gradient():
    model = loss_model()
    model.compile(optimizer=keras.optimizers.SGD(0.5))
    history = model.fit([IDS, LABELS], None, batch_size=3, epochs=1, verbose=0)
    rows, columns = np.nonzero(IDS)
    errors = 1 - LABELS[rows, 0]
    np.testing.assert_allclose(history.history["loss"], [np.mean(errors**2)], rtol=1e-5)
    expected = np.ones(7)
    np.subtract.at(expected, IDS[rows, columns].astype(int), 0.5 * 2 * errors / len(errors))
    table = get_values(model.get_layer("table").weights)[0]
    np.testing.assert_allclose(table[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("output_axis, count", [(None, 2), (0, 1), (1, 1), ([1, 0, 1], 3)])
def test_what_passes(output_axis, count):
    model = loss_model(output_axis)
    outputs = model.predict([IDS, LABELS], verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    assert len(outputs) == count
    shapes = {0: LABELS.shape, 1: IDS.shape + (1,)}
    axes = {None: [0, 1], 0: [0], 1: [1]}.get(output_axis if count < 3 else "", [1, 0, 1])
    assert [output.shape for output in outputs] == [shapes[i] for i in axes]


def test_a_loss_without_compute_loss():
    with pytest.raises(NotImplementedError, match="Loss has no compute_loss"):
        Loss().compute_loss(None)
