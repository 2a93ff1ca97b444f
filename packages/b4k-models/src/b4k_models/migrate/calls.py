"""Calls: of `K`, and of methods whose arguments Keras 3 sees otherwise."""

import re

import libcst as cst
from libcst import matchers as m

from ..compat.functions import RENAMED, SAME
from .statements import Commenting

__all__ = ["rewrite_calls"]

OPS = {name: name for name in SAME}  # K's name: that of `ops`
OPS.update(RENAMED)
OPS.update((name, name) for name in ("arange", "concatenate", "expand_dims", "shape", "where"))
AXIS = ("concatenate", "expand_dims")  # whose `axis` is -1 in K, and must be said in `ops`
KERAS = ("clear_session", "epsilon", "floatx", "image_data_format", "set_epsilon", "set_floatx")
VALUES = {  # K's name: that of b4k_ops
    "batch_get_value": "get_values",
    "batch_set_value": "set_values",
    "eval": "evaluate",
    "get_value": "get_values",
    "int_shape": "static_shape",
    "reshape": "reshape",
    "set_value": "set_values",
}
STAYS = "K.%s is that of b4k_models.compat; write it by `ops` if it shall stay"
GONE = {
    "gradients": "K.gradients is not in Keras 3: see b4k_optim.adversarial_training, gradient_penalty",
    "function": "K.function is that of b4k_models.compat; keras.Model(inputs, outputs) is the same",
    "learning_phase": "use the argument `training` of `call` for K.learning_phase",
    "in_train_phase": "use the argument `training` of `call` for K.in_train_phase",
    "in_test_phase": "use the argument `training` of `call` for K.in_test_phase",
}
ENDINGS = {  # of a file's name, by the method: what it should be, and what it is then
    "save_weights": (r"\.weights$", ".weights.h5"),
    "load_weights": (r"\.weights$", ".weights.h5"),
    "save": (r"\.model$", ".keras"),
    "load_model": (r"\.model$", ".keras"),
}
STATIC = (
    "_feed_inputs",
    "_feed_targets",
    "_feed_sample_weights",
    "_make_train_function",
    "total_loss",
)


def rewrite_calls(module):
    """(the module with other calls, names of b4k that it needs now, [(line, what to check)])"""
    names = {node.value for node in m.findall(module, m.Name())}
    calls = Calls(_is_imported(module), "np" in names, "k_ops" if "ops" in names else "ops")
    wrapper = cst.MetadataWrapper(module)
    module = wrapper.visit(calls)
    return module, calls.needed, calls.notes


def _is_imported(module):
    """Whether a K of Keras is imported, from bert4keras or Keras itself."""
    start = r"^\s*from (bert4keras3?|keras)(\.backend)? import "
    patterns = (
        start + r"[^(\n]*\bK\b",
        start + r"\([^)]*\bK\b",
        r"^\s*import keras\.backend as K\b",
    )
    ours = r"^\s*from b4k_models\.compat\.backend import [^\n]*\bK\b"
    return any(re.search(pattern, module.code, re.MULTILINE) for pattern in (*patterns, ours))


class Calls(Commenting):
    """Rewrites what it can, and collects in `needed` what must be imported for it."""

    def __init__(self, has_k, has_numpy, ops):
        super().__init__()
        self.has_k, self.has_numpy = has_k, has_numpy
        self.ops = ops  # what to call `b4k_ops.ops`, which the script may have a name for
        self.needed = set()  # what to import of b4k_ops; "K" if one is still used, "b4k_ops" itself

    # --- K

    def leave_Attribute(self, original_node, updated_node):
        name = updated_node.attr.value
        if name in STATIC:
            self.note(original_node, "%s was part of Keras 2's static graph, see b4k_optim" % name)
        if not self.has_k or not m.matches(updated_node.value, m.Name("K")):
            return updated_node
        return self.renamed(original_node, updated_node, name)

    def renamed(self, original, node, name):
        """`K.name` as b4k has it."""
        if name in KERAS:
            self.needed.add("keras")
            return node.with_changes(value=cst.parse_expression("keras.backend"))
        if name in VALUES:
            self.needed.add("b4k_ops")
            return cst.parse_expression("b4k_ops." + VALUES[name])
        if name in OPS:
            self.needed.add("ops" if self.ops == "ops" else "ops as " + self.ops)
            return node.with_changes(value=cst.Name(self.ops), attr=cst.Name(OPS[name]))
        self.needed.add("K")
        self.note(original, GONE.get(name, STAYS % name))
        return node

    def leave_Call(self, original_node, updated_node):
        function = original_node.func
        name = _name_of(function)
        if name in ENDINGS:
            return self.with_file_name(original_node, updated_node, name)
        if not isinstance(function, cst.Attribute):
            return self.named(original_node, updated_node)
        if self.has_k and m.matches(function.value, m.Name("K")):
            return self.of_k(name, updated_node)
        if name == "predict":
            return self.with_arrays(original_node, updated_node)
        if name == "fit_generator":
            return updated_node.with_changes(
                func=updated_node.func.with_changes(attr=cst.Name("fit"))
            )
        if name == "get_output_at":
            self.note(
                original_node,
                "layers of Keras 3 have no get_output_at; a layer called once has `.output`",
            )
        return self.named(original_node, updated_node)

    def of_k(self, name, node):
        """A call of a function of K, whose name is rewritten already."""
        args = list(node.args)
        if name in AXIS and len(args) == 1:
            return node.with_changes(args=[_followed(args[0]), _keyword("axis", "-1")])
        if name == "arange" and len(args) < 4 and not any(_is_keyword(a, "dtype") for a in args):
            last = [_followed(args[-1]), _keyword("dtype", '"int32"')]
            return node.with_changes(args=[*args[:-1], *last])
        if name == "int_shape" and len(args) == 1:
            shape = cst.Attribute(args[0].value, cst.Name("shape"))
            return node.with_changes(args=[args[0].with_changes(value=shape)])
        if name == "get_value" and len(args) == 1:
            value = args[0].with_changes(value=cst.List([cst.Element(args[0].value)]))
            return cst.Subscript(node.with_changes(args=[value]), _first())
        if name == "set_value" and len(args) == 2:
            pair = cst.Tuple([cst.Element(arg.value) for arg in args])
            return node.with_changes(args=[cst.Arg(cst.List([cst.Element(pair)]))])
        return node

    # --- methods of Keras

    def with_file_name(self, original, node, method):
        """A call whose first argument is a file's name."""
        pattern, ending = ENDINGS[method]
        if not node.args:
            return node
        text = node.args[0].value
        if not isinstance(text, cst.SimpleString):
            if method in ("save_weights", "load_weights"):
                self.note(original, "the name of a file of weights must end with .weights.h5")
            return node
        value, quote = text.raw_value, text.quote
        if not re.search(pattern, value):
            return node
        new = re.sub(pattern, ending, value)
        self.note(original, "%s was called %s, and old files are" % (new, value), False)
        renamed = text.with_changes(value=text.prefix + quote + new + quote)
        return node.with_changes(args=[node.args[0].with_changes(value=renamed), *node.args[1:]])

    def with_arrays(self, original, node):
        """`predict([[ids], [segments]])`: the inner lists become arrays."""
        inputs = node.args[0].value if node.args else None
        if not isinstance(inputs, cst.List) or not inputs.elements:
            return node
        if not all(isinstance(element.value, cst.List) for element in inputs.elements):
            return node
        if not self.has_numpy:
            self.note(original, "predict takes arrays, not nested lists")
            return node
        elements = [
            element.with_changes(
                value=cst.Call(cst.parse_expression("np.array"), [cst.Arg(element.value)])
            )
            for element in inputs.elements
        ]
        inputs = inputs.with_changes(elements=elements)
        return node.with_changes(args=[node.args[0].with_changes(value=inputs), *node.args[1:]])

    def named(self, original, node):
        """`Adam(lr=...)`: `lr` is `learning_rate`."""
        if not re.search(
            r"(Adam|SGD|RMSprop|Adagrad|LR|EMA|Optimizer|Lion|Factor)\w*$", _name_of(original.func)
        ):
            return node
        args = [
            arg.with_changes(keyword=cst.Name("learning_rate")) if _is_keyword(arg, "lr") else arg
            for arg in node.args
        ]
        return node.with_changes(args=args)


def _name_of(function):
    """The last part of a dotted name."""
    return getattr(getattr(function, "attr", function), "value", "") if function else ""


def _is_keyword(arg, name):
    return arg.keyword is not None and arg.keyword.value == name


def _followed(arg):
    """An argument with a comma and a blank after it."""
    return arg.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))


def _keyword(name, value):
    """name=value"""
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(cst.parse_expression(value), keyword=cst.Name(name), equal=tight)


def _first():
    """The [0] of a subscript."""
    return [cst.SubscriptElement(cst.Index(cst.Integer("0")))]
