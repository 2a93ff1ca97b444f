"""The body and the condition of the loops that generate: a token more for each row, as long as there is one."""

from b4k_ops import ops, write_at

from . import beams
from .drawing import draw, most_probable

__all__ = ["Chooser", "Extender", "any_goes_on", "beams_go_on"]


class Chooser:
    """The next token of each row on its own."""

    def __init__(self, request, restrain):
        self.draws, self.topk, self.has = request.draws, request.topk, request.has
        self.restrain = restrain

    def __call__(self, state, fixed, step):
        ids = self.choose(step.scores, state, fixed)
        ids = ops.where(state["finished"], 0, ids)
        is_end = ops.any(ops.equal(ops.expand_dims(ids, 1), fixed["ends"]), axis=1)
        return {
            "index": state["index"] + 1,
            "tokens": write_at(state["tokens"], state["index"] + 1, ops.expand_dims(ids, 1)),
            "own": step.own,
            "finished": ops.logical_or(state["finished"], is_end),
        }

    def choose(self, scores, state, fixed):
        """Ids [rows] by scores [rows, vocab_size]."""
        if self.draws:
            scores = scores / fixed["temperature"]
        if self.restrain.kind:
            scores = self.restrain(scores, state, fixed)
        if not self.draws:
            return most_probable(scores)
        count = ops.reshape(state["index"] + 1 - fixed["begun"], (1,))
        uniform = ops.take(fixed["uniform"], count, axis=1)[:, 0]
        numbers = {name: fixed[name] for name in self.has}
        return draw(scores, uniform, self.topk, **numbers)


def any_goes_on(state, fixed):
    """Whether there is room, and a row that has not ended."""
    is_room = ops.less(state["index"] + 1, fixed["until"])
    return ops.logical_and(is_room, ops.logical_not(ops.all(state["finished"])))


class Extender:
    """The next token of each beam, with what its origin had."""

    def __init__(self, restrain):
        self.restrain = restrain

    def __call__(self, state, fixed, step):
        scores = self.restrain(step.scores, state, fixed)
        new, rows, ids = beams.extend(state, scores, fixed)
        tokens = ops.take(state["tokens"], rows, axis=0)
        new.update(
            index=state["index"] + 1,
            tokens=write_at(tokens, state["index"] + 1, ops.expand_dims(ids, 1)),
            own=[[ops.take(cache, rows, axis=0) for cache in pair] for pair in step.own],
        )
        return new


def beams_go_on(state, fixed):
    """Whether there is room, and a prompt for which something better may come."""
    is_room = ops.less(state["index"] + 1, fixed["until"])
    is_over = ops.all(beams.as_probable_as_can_be(state, fixed))
    return ops.logical_and(is_room, ops.logical_not(is_over))
