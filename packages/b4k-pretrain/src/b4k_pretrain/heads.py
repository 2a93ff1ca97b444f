"""What an objective asks of a model: its head, and the loss and the metric of each output."""

from b4k_models import ELECTRA
from b4k_models.build import MODELS
from b4k_ops import Model

from b4k_pretrain import losses
from b4k_pretrain.electra import joint_model
from b4k_pretrain.layers import LogProbabilities

CLASSES = "sparse_categorical_crossentropy", "sparse_categorical_accuracy"
TOKENS = losses.token_loss, losses.accuracy
REPLACED = losses.replaced_loss, losses.replaced_accuracy
SIMILAR = losses.similarity_loss, losses.similarity_accuracy

HEADS = {  # objective: arguments of build_transformer_model, (loss, metric) of each output
    "mlm": ({}, [TOKENS]),
    "causal_lm": ({"application": "lm"}, [TOKENS]),
    "electra": ({"with_discriminator": "linear"}, [TOKENS, REPLACED]),
    "unilm": ({"application": "unilm"}, [TOKENS]),
    "nsp": ({"with_nsp": True}, [CLASSES, TOKENS]),
    "simbert": ({"application": "unilm", "with_pool": "linear"}, [SIMILAR, TOKENS]),
    "sop": ({"with_nsp": True}, [CLASSES, TOKENS]),
    "t5": ({"with_lm": "linear"}, [TOKENS]),
}


def head_options(objective, model):
    """The arguments of build_transformer_model that give a model the head of an objective, its scores as they are."""
    if objective not in HEADS:
        raise ValueError("training knows the objectives %s, not %r" % (sorted(HEADS), objective))
    options, model_class = HEADS[objective][0], MODELS[model]
    if (objective == "electra") != (model_class is ELECTRA):
        raise ValueError(
            "objective.name = %r can't train model.name = %r: 'electra' is trained as 'electra', and no other is"
            % (objective, model)
        )
    activation = model_class.output_activation
    if activation is None or activation in model_class.refuses:
        return dict(options)
    return dict(options, **{activation: "linear"})


def training_model(transformer, model_class=Model, generator=None, generator_checkpoint=None):
    """The model that is trained: a transformer whose scores are log-probabilities, after its other outputs.

    ELECTRA is trained together with its generator, which has sizes {name: number}, and weights of a checkpoint if
    there is one; see `joint_model`.
    """
    if isinstance(transformer, ELECTRA):
        return joint_model(transformer, generator or {}, model_class, generator_checkpoint)
    *others, scores = transformer.outputs
    outputs = others + [LogProbabilities(name="Log-Probabilities", dtype="float32")(scores)]
    return model_class(transformer.inputs, outputs if others else outputs[0])


def losses_of(objective):
    """The losses of a training model's outputs."""
    return [loss for loss, _ in HEADS[objective][1]]


def metrics_of(objective):
    """The metrics of a training model's outputs."""
    return [[metric] for _, metric in HEADS[objective][1]]


__all__ = ["head_options", "losses_of", "metrics_of", "training_model"]
