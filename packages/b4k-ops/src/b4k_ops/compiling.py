"""Programs that the backend compiles once and runs many times, such as the steps of generation. Keras 3 only."""

from . import _engine


def _needs_keras_3(*arguments):
    raise NotImplementedError("compiled programs need Keras 3, and this is %s" % _engine.GENERATION)


_programs = getattr(_engine, "programs", {})
can_compile = bool(_programs)

# compiled(function, variables): `function` of nested tensors or arrays as one program. variables(): the Keras
# variables that it reads, whose values are those of each call.
compiled = _programs.get("compiled", _needs_keras_3)

# compiled_loop(condition, body, variables): `run(state, fixed)`, which puts state = body(state, fixed) as long as
# condition(state, fixed) holds. Both are dicts of tensors or arrays. The program is made once for each set of shapes;
# it may overwrite what it was given as `state`, and run the body twice for one step.
compiled_loop = _programs.get("compiled_loop", _needs_keras_3)

# write_at(x, index, values): x [batch, length, ...] with values [batch, n, ...] from position `index` on, which may be
# a tensor. On torch x itself is written.
write_at = _programs.get("write_at", _needs_keras_3)

__all__ = ["can_compile", "compiled", "compiled_loop", "write_at"]
