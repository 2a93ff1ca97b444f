"""Absolute position embeddings, learned or sinusoidal."""

from b4k_ops import (
    Layer,
    check_ids,
    integerize_shape,
    keras,
    ops,
    register,
    sinusoidal_embeddings,
)

__all__ = ["PositionEmbedding", "SinusoidalPositionEmbedding"]


class _AbsolutePosition(Layer):
    """What the two kinds share: where the ids come from, and how x [batch, length, dim] takes the embeddings.

    merge_mode: "add" (x + e), "mul" (x * (e + 1)), "zero" (e alone), anything else concatenates;
    custom_position_ids: the inputs are [x, ids], ids [batch, length].
    """

    cast_inputs = False

    def __init__(self, output_dim, merge_mode="add", custom_position_ids=False, **kwargs):
        super().__init__(**kwargs)
        self.output_dim = output_dim
        self.merge_mode = merge_mode
        self.custom_position_ids = custom_position_ids

    def call(self, inputs):
        x, ids = inputs if self.custom_position_ids else (inputs, None)
        return self.place(x, ids)

    def place(self, x, ids):
        """x [batch, length, ...] with the embeddings of ids [batch, length]; None means 0, 1, 2 ..."""
        embeddings = self.embed(x, ids)
        return embeddings if self.merge_mode == "zero" else self.merge(x, embeddings)

    def embed(self, x, ids):
        """Embeddings [batch or 1, length, output_dim] of ids [batch, length]; None means 0, 1, 2 ..."""
        raise NotImplementedError("%s has no embed" % type(self).__name__)

    def merge(self, x, embeddings):
        """Both as one tensor [batch, length, ...] of x's dtype."""
        embeddings = ops.cast(embeddings, x.dtype)
        if self.merge_mode == "add":
            return x + embeddings
        if self.merge_mode == "mul":
            return x * (embeddings + 1.0)
        if not self.custom_position_ids:
            embeddings = ops.tile(embeddings, (ops.shape(x)[0], 1, 1))
        return ops.concatenate([x, embeddings], axis=-1)

    def compute_mask(self, inputs, mask=None):
        if self.custom_position_ids:
            return None if mask is None else mask[0]
        return mask

    @integerize_shape
    def compute_output_shape(self, input_shape):
        shape = input_shape[0] if self.custom_position_ids else input_shape
        if self.merge_mode in ("add", "mul", "zero"):
            return shape[:2] + (self.output_dim,)
        return shape[:2] + (shape[2] + self.output_dim,)

    def get_config(self):
        config = super().get_config()
        config.update(
            output_dim=self.output_dim,
            merge_mode=self.merge_mode,
            custom_position_ids=self.custom_position_ids,
        )
        return config


@register
class PositionEmbedding(_AbsolutePosition):
    """A learned table of positions [input_dim, output_dim].

    `hierarchical` lets a table of n rows serve n * n positions: True means 0.4, or give the weight of the
    slow digit (https://kexue.fm/archives/7947).

    Sequences that are too long raise a ValueError, and so do custom ids outside the table, where the backend lets them
    be seen (not inside a jax.jit).
    """

    def __init__(
        self,
        input_dim,  # rows of the table
        output_dim,
        merge_mode="add",
        hierarchical=None,
        embeddings_initializer="zeros",
        custom_position_ids=False,
        **kwargs,
    ):
        super().__init__(output_dim, merge_mode, custom_position_ids, **kwargs)
        self.input_dim = input_dim
        self.hierarchical = hierarchical
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
        )
        self.built = True

    def embed(self, x, ids):
        table = ops.convert_to_tensor(self.embeddings)
        if ids is None and not self.hierarchical:
            return table[None, : self._checked_length(x)]
        if ids is None:
            ids = ops.expand_dims(ops.arange(self._checked_length(x), dtype="int32"), 0)
        else:
            check_ids(ids, self.max_length, self.name)
            ids = ops.cast(ids, "int32")
        if self.hierarchical:
            return self._embed_hierarchically(table, ids)
        return ops.take(table, ids, axis=0)

    @property
    def max_length(self):
        """How many positions the table serves."""
        return self.input_dim**2 if self.hierarchical else self.input_dim

    def _checked_length(self, x):
        """The length of x, which must not exceed `max_length` where it is known."""
        length = ops.shape(x)[1]
        if isinstance(length, int) and length > self.max_length:
            raise ValueError(
                "%s knows %d positions and got a sequence of %d: shorten it%s"
                % (
                    self.name,
                    self.max_length,
                    length,
                    "" if self.hierarchical else ", or pass hierarchical=True",
                )
            )
        return length

    def _embed_hierarchically(self, table, ids):
        """e(p) = alpha * u[p // n] + (1 - alpha) * u[p % n], with u such that e(p) is the table for p < n."""
        alpha = 0.4 if self.hierarchical is True else self.hierarchical
        u = (table - alpha * table[:1]) / (1 - alpha)  # [input_dim, output_dim]
        slow = ops.take(u, ops.floor_divide(ids, self.input_dim), axis=0)
        fast = ops.take(u, ops.mod(ids, self.input_dim), axis=0)
        return alpha * slow + (1 - alpha) * fast

    def get_config(self):
        config = super().get_config()
        config.update(
            input_dim=self.input_dim,
            hierarchical=self.hierarchical,
            embeddings_initializer=keras.initializers.serialize(self.embeddings_initializer),
        )
        return config


@register
class SinusoidalPositionEmbedding(_AbsolutePosition):
    """Sines and cosines of the position, interleaved (https://arxiv.org/abs/1706.03762); no weights.

    Alone (`merge_mode="zero"`) they are floatx whatever the policy, for the angles of rotary positions.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.merge_mode == "zero":
            self.output_dtype = keras.backend.floatx()

    def embed(self, x, ids):
        if ids is None:
            ids = ops.expand_dims(ops.arange(ops.shape(x)[1], dtype="float32"), 0)
        return sinusoidal_embeddings(ids, self.output_dim)
