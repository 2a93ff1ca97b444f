"""Training regularisers, each one line after `compile`: `adversarial_training(model, "Embedding-Token", 0.5)`.

They change what `fit` minimises, on Keras 3 and on tf.keras from TensorFlow 2.9 on; `evaluate` stays as it was. With a
strength of 0 a step is the plain step. Several on one model are applied in turn, the last outermost. Metrics are those
of the plain forward pass.
"""

import numbers

from b4k_ops import ops, random, search_layer, training

from .extension import check_count

SCALE = 1024.0  # of losses whose gradient is taken here, so that float16 can hold it


def adversarial_training(model, embedding_name, epsilon=1.0):
    """The fast gradient method (FGM): the loss where the embeddings are moved by epsilon up its gradient.

    https://arxiv.org/abs/1605.07725, https://kexue.fm/archives/7234
    """
    table = _table(model, embedding_name)
    epsilon = _strength("epsilon", epsilon)

    def change(loss_of, predict, y_pred):
        step = epsilon * _unit(_gradient(lambda: loss_of(predict()), table, model))
        with training.moved(table, ops.stop_gradient(step), model):
            return loss_of(predict())

    return _change_loss(model, change, epsilon)


def projected_gradient_descent(model, embedding_name, epsilon=1.0, alpha=0.3, steps=3):
    """PGD: the same after several moves by alpha, each back within epsilon of the embeddings.

    https://arxiv.org/abs/1706.06083
    """
    table = _table(model, embedding_name)
    epsilon = _strength("epsilon", epsilon)
    alpha = _strength("alpha", alpha)
    check_count("steps", steps)

    def change(loss_of, predict, y_pred):
        step = ops.zeros_like(ops.convert_to_tensor(table))
        for _ in range(int(steps)):
            with training.moved(table, step, model):
                found = _gradient(lambda: loss_of(predict()), table, model)
            step = step + alpha * _unit(found)
            step = ops.stop_gradient(step * ops.minimum(1.0, epsilon / (_norm(step) + 1e-8)))
        with training.moved(table, step, model):
            return loss_of(predict())

    return _change_loss(model, change, epsilon)


def gradient_penalty(model, embedding_name, epsilon=1.0):
    """The loss plus epsilon / 2 times the squared norm of its gradient by the embeddings.

    https://arxiv.org/abs/1711.09404, https://kexue.fm/archives/7234
    """
    table = _table(model, embedding_name)
    epsilon = _strength("epsilon", epsilon)

    def change(loss_of, predict, y_pred):
        found = _gradient(lambda: loss_of(predict()), table, model, keep=True)
        return loss_of(y_pred) + 0.5 * epsilon * ops.sum(ops.square(found))

    return _change_loss(model, change, epsilon)


def virtual_adversarial_training(model, embedding_name, epsilon=1.0, xi=10.0, iters=1):
    """VAT: the loss plus the KL divergence from the prediction to that where the embeddings are moved by epsilon.

    The direction is the one in which the divergence rises fastest, by `iters` steps of the power method of size xi. The
    model's output is a probability over its last axis. https://arxiv.org/abs/1704.03976, https://kexue.fm/archives/7466
    """
    table = _table(model, embedding_name)
    epsilon = _strength("epsilon", epsilon)
    xi = _strength("xi", xi)
    check_count("iters", iters)

    def change(loss_of, predict, y_pred):
        target = ops.stop_gradient(y_pred)
        step = random.normal(tuple(table.shape), dtype="float32", seed=seeds)
        for _ in range(int(iters)):
            with training.moved(table, xi * _unit(step), model):
                step = ops.stop_gradient(
                    _gradient(lambda: divergence(target, predict()), table, model)
                )
        with training.moved(table, epsilon * _unit(step), model):
            return loss_of(y_pred) + divergence(target, predict())

    seeds = random.SeedGenerator()
    if epsilon:
        model.directions = seeds  # on jax a step changes only what is the model's
    return _change_loss(model, change, epsilon)


def r_drop(model, alpha=4.0):
    """R-Drop: the mean loss of two passes with dropout, plus alpha / 4 times their KL divergences, both ways.

    The model's output is a probability over its last axis. https://arxiv.org/abs/2106.14448, https://kexue.fm/archives/8496
    """
    alpha = _strength("alpha", alpha)

    def change(loss_of, predict, y_pred):
        other = predict()
        apart = divergence(y_pred, other) + divergence(other, y_pred)
        return (loss_of(y_pred) + loss_of(other)) / 2 + alpha / 4 * apart

    return _change_loss(model, change, alpha)


def divergence(p, q):
    """The mean KL divergence from q to p [..., classes], which are probabilities, in float32."""
    p, q = (ops.clip(ops.cast(x, "float32"), 1e-7, 1.0) for x in (p, q))
    return ops.mean(ops.sum(p * (ops.log(p) - ops.log(q)), axis=-1))


def _change_loss(model, change, strength):
    if strength:
        training.change_loss(model, change)
    return model


def _gradient(function, table, model, keep=False):
    return training.gradient(lambda: SCALE * function(), table, model, keep) / SCALE


def _norm(x):
    return ops.sqrt(ops.sum(ops.square(x)))


def _unit(x):
    """x with a norm of 1; 0 stays 0."""
    return x / (_norm(x) + 1e-8)


def _table(model, embedding_name):
    """The weight of the layer called so, below the outputs of a model."""
    for output in model.outputs:
        layer = search_layer(output, embedding_name)
        if hasattr(layer, "embeddings"):
            return layer.embeddings
    raise ValueError(
        "the model has no embedding layer called %r: its layers are %s"
        % (embedding_name, ", ".join(layer.name for layer in model.layers))
    )


def _strength(name, value):
    """An argument as a float; refuse what is no number, below 0, or infinite."""
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not number or not 0 <= value < float("inf"):
        raise ValueError("%s must be a number from 0 on, got %r" % (name, value))
    return float(value)


FGM, PGD, VAT = adversarial_training, projected_gradient_descent, virtual_adversarial_training

__all__ = [
    "FGM",
    "PGD",
    "VAT",
    "adversarial_training",
    "gradient_penalty",
    "projected_gradient_descent",
    "r_drop",
    "virtual_adversarial_training",
]
