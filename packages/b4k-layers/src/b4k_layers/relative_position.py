"""Tables of relative positions, for `p_bias` of the attention layers."""

import numpy as np
from b4k_ops import Layer, integerize_shape, keras, ops, register

__all__ = ["RelativePositionEmbedding", "RelativePositionEmbeddingT5"]


@register
class RelativePositionEmbedding(Layer):
    """A learned vector for each distance from query to key: `[q, v]` -> [q_length, v_length, output_dim].

    q and v [batch, length, ...] only say how long they are. Distances beyond (input_dim - 1) // 2 to either side count
    as that. https://arxiv.org/abs/1803.02155
    """

    def __init__(
        self,
        input_dim,  # rows of the table
        output_dim,
        embeddings_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
        )
        self.built = True

    def call(self, inputs):
        return self._take(self.compute_position_ids(inputs))

    def embed(self, q, v):
        """Positions of queries [q_length] and of keys [v_length] -> [q_length, v_length, output_dim]."""
        return self._take(self.compute_rows(ops.expand_dims(v, 0) - ops.expand_dims(q, 1)))

    def _take(self, rows):
        return ops.take(ops.convert_to_tensor(self.embeddings), rows, axis=0)

    def compute_position_ids(self, inputs):
        """The row of the table for each pair: `[q, v]` -> int32 [q_length, v_length]."""
        q, v = (ops.arange(ops.shape(x)[1], dtype="int32") for x in inputs)
        return self.compute_rows(ops.expand_dims(v, 0) - ops.expand_dims(q, 1))

    def compute_rows(self, distances):
        """The row of the table for each distance, from a query to the right, int32 of the same shape."""
        furthest = (self.input_dim - 1) // 2
        return ops.clip(distances, -furthest, furthest) + furthest

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else mask[0]

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return (input_shape[0][1], input_shape[1][1], self.output_dim)

    def get_config(self):
        config = super().get_config()
        config.update(
            input_dim=self.input_dim,
            output_dim=self.output_dim,
            embeddings_initializer=keras.initializers.serialize(self.embeddings_initializer),
        )
        return config


@register
class RelativePositionEmbeddingT5(RelativePositionEmbedding):
    """The same with T5's buckets: near distances have one each, far ones share (https://arxiv.org/abs/1910.10683)."""

    def __init__(
        self,
        input_dim,  # the number of buckets
        output_dim,
        max_distance=128,  # from here on all share the last bucket
        bidirectional=True,  # half of the buckets for keys to the right; else these count as distance 0
        embeddings_initializer="zeros",
        **kwargs,
    ):
        super().__init__(input_dim, output_dim, embeddings_initializer, **kwargs)
        self.max_distance = max_distance
        self.bidirectional = bidirectional

    def compute_rows(self, distances):
        to_the_left = -distances
        if not self.bidirectional:
            return self._bucket(ops.maximum(to_the_left, 0), self.input_dim)
        half = self.input_dim // 2
        to_the_right = ops.cast(ops.less(to_the_left, 0), "int32")
        return self._bucket(ops.abs(to_the_left), half) + half * to_the_right

    def _bucket(self, distance, buckets):
        """Distances of 0 and more -> 0 to buckets - 1, read from a table: equal on every backend."""
        table = ops.convert_to_tensor(t5_buckets(self.max_distance, buckets), dtype="int32")
        return ops.take(table, ops.minimum(distance, self.max_distance), axis=0)

    def get_config(self):
        config = super().get_config()
        config.update(max_distance=self.max_distance, bidirectional=self.bidirectional)
        return config


def t5_buckets(max_distance, buckets):
    """The bucket of each distance from 0 to max_distance, int32: itself in the lower half, then by its logarithm."""
    exact = buckets // 2
    if not 0 < exact < max_distance:
        raise ValueError(
            "T5's buckets need max_distance above their half, and two for each direction at least: got "
            "max_distance=%d and %d for each direction" % (max_distance, buckets)
        )
    distances = np.arange(max_distance + 1)
    ratios = np.log(np.maximum(distances, exact).astype("float32") / np.float32(exact))
    ratios = ratios / np.float32(np.log(max_distance / exact))  # float32 throughout, as T5's own
    far = exact + (ratios * np.float32(buckets - exact)).astype("int32")
    return np.where(distances < exact, distances, np.minimum(far, buckets - 1)).astype("int32")
