"""Scripts before and after `b4k-migrate`."""

import os
import textwrap

import numpy as np
import pytest
from b4k_models.migrate import main, migrate
from b4k_ops import evaluate

PAIRS = {  # name: (before, after)
    "imports": (
        """
        # a script
        from bert4keras.backend import keras, K, batch_gather as pick
        from bert4keras.layers import Dense, Loss, LayerNormalization
        from bert4keras.models import BERT, build_transformer_model
        from bert4keras.snippets import open, uniout  # printing
        from bert4keras.snippets import uniout
        from bert4keras.tokenizers import Tokenizer
        from bert4keras.optimizers import Adam
        from keras.layers import Lambda
        """,
        """
        # a script
        from b4k_ops import keras, batch_gather as pick
        from keras.layers import Dense
        from b4k_layers import Loss, LayerNormalization
        from b4k_models import BERT, build_transformer_model
        from b4k_text.snippets import open  # printing
        from b4k_text.tokenizers import Tokenizer
        from b4k_optim import Adam
        from keras.layers import Lambda
        """,
    ),
    "loss": (
        """
        from bert4keras.backend import keras, K

        def loss(y_true, y_pred):
            mask = K.cast(K.not_equal(y_true, 0), K.floatx())
            both = K.concatenate([y_true, y_pred])
            both = K.expand_dims(K.permute_dimensions(both, (0, 2, 1)), 1) + K.arange(K.shape(both)[1])
            return K.sum(K.reshape(both, (-1,)) * mask, axis=-1), K.int_shape(both)[0]
        """,
        """
        from b4k_ops import keras, ops
        import b4k_ops

        def loss(y_true, y_pred):
            mask = ops.cast(ops.not_equal(y_true, 0), keras.backend.floatx())
            both = ops.concatenate([y_true, y_pred], axis=-1)
            both = ops.expand_dims(ops.transpose(both, (0, 2, 1)), 1) + ops.arange(ops.shape(both)[1], dtype="int32")
            return ops.sum(b4k_ops.reshape(both, (-1,)) * mask, axis=-1), b4k_ops.static_shape(both.shape)[0]
        """,
    ),
    "values": (
        """
        import keras.backend as K

        def evaluate(data):
            K.set_value(weight, K.eval(other) + K.get_value(weight))
        """,
        """
        import b4k_ops

        def evaluate(data):
            b4k_ops.set_values([(weight, b4k_ops.evaluate(other) + b4k_ops.get_values([weight])[0])])
        """,
    ),
    "names of files, lists, arguments": (
        """
        import numpy as np
        from bert4keras.optimizers import Adam
        model.compile("mse", Adam(lr=1e-5))
        model.fit_generator(data, steps_per_epoch=3)
        model.save_weights('./best_model.weights')
        model.load_weights("best_model.weights", by_name=True)
        model.save('test.model')
        model = load_model('test.model')
        model.save('other.h5')
        model.predict([[token_ids], [segment_ids]])
        """,
        """
        import numpy as np
        from b4k_optim import Adam
        model.compile("mse", Adam(learning_rate=1e-5))
        model.fit(data, steps_per_epoch=3)
        model.save_weights('./best_model.weights.h5')
        model.load_weights("best_model.weights.h5", by_name=True)
        model.save('test.keras')
        model = load_model('test.keras')
        model.save('other.h5')
        model.predict([np.array([token_ids]), np.array([segment_ids])])
        """,
    ),
    "what it cannot decide": (
        """
        from keras import backend as K, layers

        class Choice(layers.Layer):
            def call(self, inputs):
                if K.learning_phase():
                    return K.sqrt(inputs)
                # the gradient
                return K.gradients(inputs, [self.kernel])[0]

        model.save_weights(name)
        output = model.layers[-2].get_output_at(-1)
        """,
        """
        from keras import layers
        from b4k_models.compat.backend import K

        class Choice(layers.Layer):
            def call(self, inputs):
                # b4k-migrate: use the argument `training` of `call` for K.learning_phase
                if K.learning_phase():
                    # b4k-migrate: K.sqrt is that of b4k_models.compat; write it by `ops` if it shall stay
                    return K.sqrt(inputs)
                # the gradient
                # b4k-migrate: K.gradients is not in Keras 3: see b4k_optim.adversarial_training, gradient_penalty
                return K.gradients(inputs, [self.kernel])[0]

        # b4k-migrate: the name of a file of weights must end with .weights.h5
        model.save_weights(name)
        # b4k-migrate: layers of Keras 3 have no get_output_at; a layer called once has `.output`
        output = model.layers[-2].get_output_at(-1)
        """,
    ),
    "a name ops of its own": (
        """
        from bert4keras.backend import K
        ops = K.abs(x)
        """,
        """
        from b4k_ops import ops as k_ops
        ops = k_ops.abs(x)
        """,
    ),
    "bert4keras3": (
        """
        from bert4keras3.models import build_transformer_model
        from bert4keras3.backend import keras, ops
        from bert4keras3.Layers_add.Attentions import MultiHeadAttention
        """,
        """
        from b4k_models import build_transformer_model
        from b4k_ops import keras, ops
        from b4k_layers import MultiHeadAttention
        """,
    ),
    "somebody else's K": (
        """
        K = 3
        print(K.real, "K.sum")
        """,
        """
        K = 3
        print(K.real, "K.sum")
        """,
    ),
}


def text_of(block):
    return textwrap.dedent(block).lstrip("\n")


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_pair(name):
    before, after = map(text_of, PAIRS[name])
    migrated, _ = migrate(before)
    assert migrated == after
    assert migrate(migrated)[0] == migrated, "the second time it changed more"


def test_what_to_check_has_lines():
    _, notes = migrate(text_of(PAIRS["what it cannot decide"][0]))
    assert [line for line, _ in notes] == [5, 6, 8, 10, 11]


def test_what_it_writes_runs(tmp_path):
    before = """
    from bert4keras.backend import K
    x = K.constant([[1.0, -2.0], [3.0, 4.0]])
    found = [K.sum(K.abs(x)), K.reshape(x, (-1,)), K.concatenate([x, x]), K.expand_dims(x)]
    """
    names = {}
    exec(migrate(text_of(before))[0], names)
    found, x = names["found"], np.array([[1.0, -2.0], [3.0, 4.0]])
    expected = [10.0, x.reshape(-1), np.concatenate([x, x], -1), x[..., None]]
    assert all(np.array_equal(evaluate(f), e) for f, e in zip(found, expected))


# --- the command


@pytest.fixture
def script(tmp_path):
    """script(text): a file's path, as a text."""

    def make(content, name="script.py"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return str(path)

    return make


def content(path):
    with open(path, "rb") as file:
        return file.read()


def test_shows_and_then_writes(script, capsys):
    path = script(
        "from bert4keras.snippets import open\r\n\r\nx = '中文'\r\nmodel.save('a.model')\r\n"
    )
    old = content(path)
    assert main([path]) == 0 and content(path) == old
    shown = capsys.readouterr().out
    assert "-from bert4keras.snippets import open" in shown and "+from b4k_text.snippets" in shown
    assert (
        "%s:4: a.keras was called a.model" % path in shown and "1 of 1 files would change" in shown
    )
    assert main(["--write", path]) == 0
    assert content(path).decode("utf-8") == (
        "from b4k_text.snippets import open\r\n\r\nx = '中文'\r\nmodel.save('a.keras')\r\n"
    )
    assert os.listdir(os.path.dirname(path)) == ["script.py"]


def test_keeps_the_encoding(script):
    text = "# -*- coding: gbk -*-\nfrom bert4keras.snippets import open  # 打开\n"
    path = script(text.encode("gbk"))
    assert main(["--write", path]) == 0
    assert content(path).decode("gbk") == text.replace("bert4keras.snippets", "b4k_text.snippets")


@pytest.mark.parametrize("wrong", ["print 'of Python 2'\n", "def f(:\n", "x = (\n"])
def test_all_or_nothing(script, capsys, wrong):
    right = script("from bert4keras.snippets import open\n")
    bad = script(wrong, "bad.py")
    assert main(["--write", right, bad]) == 1
    error = capsys.readouterr().err
    assert "bad.py:" in error and "2to3" in error and "nothing was written" in error
    assert content(right) == b"from bert4keras.snippets import open\n"
    assert content(bad) == wrong.encode()


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main([str(tmp_path / "none.py")]) == 1
    assert "none.py" in capsys.readouterr().err
