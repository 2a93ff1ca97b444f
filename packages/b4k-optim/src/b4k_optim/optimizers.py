"""bert4keras's optimizers, each the rule of `rules` with its arguments."""

import b4k_ops
from b4k_ops import optimizing

from . import rules


@b4k_ops.register
class Adam(optimizing.Optimizer):
    """Adam whose bias correction can be left out, as BERT's was."""

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-6,  # None is Keras's own
        bias_correction=True,
        **kwargs,
    ):
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon or b4k_ops.keras.backend.epsilon()
        self.bias_correction = bias_correction

    def slot_shapes(self, shape):
        return {"m": shape, "v": shape}

    def rule(self, name, gradient, value, slots, step, rate):
        options = (self.beta_1, self.beta_2, self.epsilon, self.bias_correction)
        return rules.adam(gradient, value, slots, step, rate, *options)

    def get_config(self):
        config = super().get_config()
        names = ("beta_1", "beta_2", "epsilon", "bias_correction")
        config.update({name: getattr(self, name) for name in names})
        return config


__all__ = ["Adam"]
