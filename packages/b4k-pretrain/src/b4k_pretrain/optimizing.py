"""The optimizer of a configuration: the original's LAMB or Adam, made of the extensions of b4k-optim."""

from b4k_optim import (
    Adam,
    extend_with_exponential_moving_average,
    extend_with_gradient_accumulation,
    extend_with_layer_adaptation,
    extend_with_piecewise_linear_lr,
    extend_with_weight_decay,
)


def build_optimizer(config):
    """The optimizer; the averages of weights are taken after updates, not after each batch."""
    kind, options = (
        extend_with_weight_decay(Adam, name="AdamW"),
        {
            "learning_rate": config["optimizer.learning_rate"],
            "bias_correction": config["optimizer.bias_correction"],
            "weight_decay_rate": config["optimizer.weight_decay"],
            "exclude_from_weight_decay": config["optimizer.exclude"],
            "lr_schedule": lr_schedule(config),
        },
    )
    if config["optimizer.name"] == "lamb":
        kind = extend_with_layer_adaptation(kind, name="LAMB")
        options["exclude_from_layer_adaptation"] = config["optimizer.exclude"]
    kind = extend_with_piecewise_linear_lr(kind, name=kind.__name__ + "LR")
    if config["optimizer.ema"]:
        kind = extend_with_exponential_moving_average(kind, name=kind.__name__ + "EMA")
        options["ema_momentum"] = config["optimizer.ema"]
    if config["training.accumulation"] > 1:
        kind = extend_with_gradient_accumulation(kind, name=kind.__name__ + "Accumulation")
        options["grad_accum_steps"] = config["training.accumulation"]
    if config["optimizer.clip_norm"]:
        options["global_clipnorm"] = config["optimizer.clip_norm"]
    return kind(**options)


def lr_schedule(config):
    """{batch: factor}: the configuration counts updates, the extension of b4k-optim batches."""
    schedule = {int(step): float(factor) for step, factor in config["optimizer.schedule"].items()}
    if not schedule:
        warmup, steps = config["optimizer.warmup"], config["training.steps"]
        schedule = {warmup: 1.0, steps: config["optimizer.final_rate"]}
    return {step * config["training.accumulation"]: schedule[step] for step in sorted(schedule)}


__all__ = ["build_optimizer", "lr_schedule"]
