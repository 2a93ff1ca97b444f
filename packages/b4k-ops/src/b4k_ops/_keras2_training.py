"""Keras 2.3.1 has no training step that could be changed."""


def change_loss(model, change):
    raise NotImplementedError(
        "Keras 2.3.1 has no train_step to change: use Keras 3, or tf.keras of TensorFlow 2.9 or later (TF_KERAS=1)"
    )


gradient = moved = change_loss

__all__ = ["change_loss", "gradient", "moved"]
