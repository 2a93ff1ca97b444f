"""Token embeddings, which are also the output matrix of a language model."""

from b4k_ops import check_ids, keras, ops, register, scores_by_table

__all__ = ["Embedding"]


@register
class Embedding(keras.layers.Embedding):
    """Keras's Embedding, which can also be called backwards.

    `mode="embedding"`: ids [batch, length] -> [batch, length, output_dim];
    any other mode: vectors [..., output_dim] -> scores over the vocabulary [..., input_dim], without bias.

    With `mask_zero` the id `pad_token_id` is padding (0; English RoBERTa's is 1), but position 0 always counts: T5
    starts with id 0, and no row is ever empty. The other arguments are Keras's.
    Ids outside the table raise where the backend lets them be seen (not inside a jax.jit).
    """

    def __init__(self, *args, pad_token_id=0, **kwargs):
        super().__init__(*args, **kwargs)
        self.pad_token_id = pad_token_id

    def call(self, inputs, mode="embedding"):
        if mode == "embedding":
            check_ids(inputs, self.input_dim, self.name)
            return super().call(inputs)
        table = ops.cast(ops.convert_to_tensor(self.embeddings), inputs.dtype)
        return scores_by_table(inputs, table)  # [..., input_dim]

    def compute_mask(self, inputs, mask=None):
        if len(inputs.shape) != 2:
            return mask
        if not self.mask_zero:
            return None
        mask = ops.not_equal(inputs, self.pad_token_id)  # [batch, length]
        first = ops.ones_like(mask[:, :1])  # [batch, 1], all True
        return ops.concatenate([first, mask[:, 1:]], axis=1)

    def compute_output_shape(self, input_shape):
        input_shape = tuple(input_shape)
        if len(input_shape) == 2:
            return input_shape + (self.output_dim,)
        return input_shape[:-1] + (self.input_dim,)

    def compute_output_spec(self, inputs, mode="embedding"):
        """What Keras 3 asks instead of `compute_output_shape`."""
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.compute_dtype)

    def get_config(self):
        config = super().get_config()
        config.update(pad_token_id=self.pad_token_id)
        return config
