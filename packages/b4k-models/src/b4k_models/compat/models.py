"""What `bert4keras.models` has, where an old script needs another than b4k_models has."""

import b4k_models

from ._keras import renewed

__all__ = ["build_transformer_model"]


def build_transformer_model(
    config_path=None,
    checkpoint_path=None,
    model="bert",
    application="encoder",
    return_keras_model=True,
    **kwargs,
):
    """That of b4k_models, with a Model as a script wants it."""
    transformer = b4k_models.build_transformer_model(
        config_path, checkpoint_path, model, application, return_keras_model=False, **kwargs
    )
    transformer.model = renewed(transformer.model)
    return transformer.model if return_keras_model else transformer
