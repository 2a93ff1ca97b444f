"""How fast a training is: tokens a second, and the part of the devices' peak that the model makes use of."""


def of(run, seconds):
    """{"tokens_per_second", "utilisation"} of a Training whose batches take so many seconds; {} if none is known."""
    if not seconds:
        return {}
    config, length = run.config, run.manifest.sequence_length
    rows = config.part_size * run.loader.objective.rows_of_a_record
    tokens = rows * length / seconds
    found = {"tokens_per_second": tokens}
    if config["logs.peak_teraflops"]:
        flops = tokens * flops_per_token(run.transformer, length)
        found["utilisation"] = flops / (config["logs.peak_teraflops"] * 1e12)
    return found


def flops_per_token(transformer, length):
    """Floating-point operations of a training step, forward and backward, for each token of sequences of a length.

    Two for each weight of a matrix that the token is multiplied by, the token table as the head included, and two for
    each number in the scores of attention and in what it gathers; the backward pass is twice the forward pass
    (https://arxiv.org/abs/2204.02311, appendix B). What `recompute` computes again is no use of the model. Of ELECTRA's
    generator only the token table counts.
    """
    weights = sum(
        size(weight)
        for layer in transformer.model.layers
        if not layer.name.startswith(transformer.prefixed("Embedding-") or "")
        for weight in layer.trainable_weights
        if len(weight.shape) > 1
    )
    head = transformer.vocab_size * transformer.embedding_size
    sizes = transformer.attention_key_size + transformer.attention_head_size
    attention = transformer.num_hidden_layers * transformer.num_attention_heads * sizes * length
    return 6 * (weights + head + attention)


def size(weight):
    """How many numbers a weight has."""
    count = 1
    for length in weight.shape:
        count *= int(length)
    return count


__all__ = ["flops_per_token", "of"]
