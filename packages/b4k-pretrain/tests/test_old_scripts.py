"""Scripts in the style of those written for bert4keras, run as they are."""

import json
import os
import subprocess
import sys
import textwrap

SLOW = True

START = """
import json, sys
import numpy as np
from bert4keras.backend import keras, K, search_layer, batch_gather
from bert4keras.layers import Loss, ConditionalRandomField
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam, extend_with_exponential_moving_average
from bert4keras.snippets import sequence_padding, open, DataGenerator, AutoRegressiveDecoder, uniout
from keras.layers import Dense, Lambda, Input, Layer
from keras.models import Model

config = dict(
    vocab_size=30, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
    hidden_act="gelu", max_position_embeddings=12,
)
np.random.seed(0)
data = [(list(np.random.randint(1, 30, 3 + i % 4)), i % 2) for i in range(10)]


class data_generator(DataGenerator):
    def __iter__(self, random=False):
        batch_token_ids, batch_segment_ids, batch_labels = [], [], []
        for is_end, (token_ids, label) in self.sample(random):
            batch_token_ids.append(token_ids)
            batch_segment_ids.append([0] * len(token_ids))
            batch_labels.append([label])
            if len(batch_token_ids) == self.batch_size or is_end:
                x = [sequence_padding(batch_token_ids), sequence_padding(batch_segment_ids)]
                yield x, self.targets(x, np.array(batch_labels))
                batch_token_ids, batch_segment_ids, batch_labels = [], [], []

    def targets(self, x, labels):
        return labels


def report(**values):
    with open("report.json", "w", encoding="utf-8") as f:
        f.write(json.dumps(values))

"""

SCRIPTS = {
    "features": """
        model = build_transformer_model(**config)
        x = [[[1, 2, 3]], [[0, 0, 0]]]
        before = model.predict(x)
        model.save("test.model")
        model = keras.models.load_model("test.model")
        after = model.predict([np.array(part) for part in x])
        report(shape=before.shape, error=float(abs(after - before).max()))
    """,
    "classification": """
        bert = build_transformer_model(return_keras_model=False, **config)
        output = Lambda(lambda x: x[:, 0])(bert.model.output)
        output = Dense(2, activation="softmax", kernel_initializer=bert.initializer)(output)
        model = keras.models.Model(bert.model.input, output)
        model.compile(
            loss="sparse_categorical_crossentropy", optimizer=Adam(1e-2), metrics=["sparse_categorical_accuracy"]
        )

        class Evaluator(keras.callbacks.Callback):
            def __init__(self):
                self.losses = []

            def on_epoch_end(self, epoch, logs=None):
                self.losses.append(float(logs["loss"]))
                model.save_weights("best_model.weights")

        evaluator, generator = Evaluator(), data_generator(data, 5)
        model.fit(generator.forfit(), steps_per_epoch=2, epochs=6, callbacks=[evaluator])
        probas = model.predict([[data[0][0]], [[0] * 3]])
        model.set_weights([0 * weight for weight in model.get_weights()])
        model.load_weights("best_model.weights")
        again = model.predict([np.array([data[0][0]]), np.zeros((1, 3))])
        report(losses=evaluator.losses, error=float(abs(again - probas).max()))
    """,
    "seq2seq": """
        class CrossEntropy(Loss):
            def compute_loss(self, inputs, mask=None):
                y_true, y_mask, y_pred = inputs
                y_mask = K.cast(mask[2], K.floatx())[:, 1:] + 0 * y_mask[:, 1:]
                y_true, y_pred = y_true[:, 1:], y_pred[:, :-1]
                loss = K.sparse_categorical_crossentropy(y_true, y_pred)
                return K.sum(loss * y_mask) / K.sum(y_mask)

        class Pairs(data_generator):
            def targets(self, x, labels):
                return None

        model = build_transformer_model(application="unilm", **config)
        output = CrossEntropy(2)(model.inputs + model.outputs)
        model = Model(model.inputs, output)
        model.compile(optimizer=Adam(1e-2))
        history = model.fit(Pairs(data, 5).forfit(), steps_per_epoch=2, epochs=4)

        class Generator(AutoRegressiveDecoder):
            @AutoRegressiveDecoder.wraps(default_rtype="probas")
            def predict(self, inputs, output_ids, states):
                token_ids = np.concatenate([inputs[0], output_ids], 1)
                segment_ids = np.concatenate([inputs[1], np.ones_like(output_ids)], 1)
                return self.last_token(model).predict([token_ids, segment_ids])

        ids = Generator(start_id=None, end_id=3, maxlen=2).beam_search([[5, 6], [0, 0]], topk=2)
        report(losses=[float(loss) for loss in history.history["loss"]], generated=len(ids))
    """,
    "labelling": """
        model = build_transformer_model(**config)
        output = model.get_layer("Transformer-1-FeedForward-Norm").output
        CRF = ConditionalRandomField(lr_multiplier=100)
        model = Model(model.input, CRF(Dense(3)(output)))

        class Tagged(data_generator):
            def targets(self, x, labels):
                return x[0] % 3

        AdamEMA = extend_with_exponential_moving_average(Adam, name="AdamEMA")
        optimizer = AdamEMA(learning_rate=1e-2, ema_momentum=0.9)
        model.compile(loss=CRF.sparse_loss, optimizer=optimizer, metrics=[CRF.sparse_accuracy])
        before = K.eval(CRF.trans)
        history = model.fit(Tagged(data, 5).forfit(), steps_per_epoch=2, epochs=4)
        moved = float(abs(K.eval(CRF.trans) - before).max())
        optimizer.apply_ema_weights()
        optimizer.reset_old_weights()
        report(losses=[float(loss) for loss in history.history["loss"]], moved=moved)
    """,
    "own_layers": """
        class Choice(Layer):
            def __init__(self, **kwargs):
                super(Choice, self).__init__(**kwargs)
                self.supports_masking = True

            def build(self, input_shape):
                super(Choice, self).build(input_shape)
                self.scale = self.add_weight(name="scale", shape=(1,), initializer="ones")

            def call(self, inputs):
                coin = K.random_binomial(shape=[1], p=0.5)
                return K.in_train_phase(inputs * coin * 0 + 7.0, inputs * self.scale)

            def compute_output_shape(self, input_shape):
                return input_shape

        bert = build_transformer_model(return_keras_model=False, **config)
        before_norm = bert.model.layers[-2].get_output_at(-1)
        output = Choice(name="Choice")(Lambda(lambda x: x[:, 0])(before_norm))
        model = Model(bert.model.inputs, output)
        assert search_layer(output, "Embedding-Token").name == "Embedding-Token"

        def seven(y_true, y_pred):
            return K.mean(K.square(y_pred - 7.0) + 0 * K.sum(y_true), axis=-1)

        x = [np.array([[1, 2, 3]]), np.zeros((1, 3))]
        model.compile(loss=seven, optimizer=Adam(1e-3))
        history = model.fit(x, np.zeros((1, 16)), epochs=1, verbose=0)
        hidden = K.function(model.inputs, [before_norm])(x)[0]
        error = float(abs(hidden[:, 0] - model.predict(x)).max())
        K.set_value(model.get_layer("Choice").scale, np.array([0.0]))
        report(trained=float(history.history["loss"][0]), error=error, zeroed=float(abs(model.predict(x)).max()))
    """,
}


def run(folder, text, *command):
    """Run a script in a process of its own; what it reported."""
    (folder / "script.py").write_text(text, "utf-8")
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(os.path.abspath(path) for path in paths))
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    ran = subprocess.run([sys.executable, *command], cwd=str(folder), env=env, **pipes)
    assert ran.returncode == 0, ran.stderr.decode("utf-8", "replace")[-3000:]
    return json.loads((folder / "report.json").read_text("utf-8"))


def run_old(folder, name):
    """Run one of SCRIPTS."""
    text = START + textwrap.dedent(SCRIPTS[name])
    return run(folder, text, "-m", "b4k_models.compat", "script.py")


def test_features(tmp_path):
    report = run_old(tmp_path, "features")
    assert report["shape"] == [1, 3, 16] and report["error"] < 1e-5


def test_classification(tmp_path):
    report = run_old(tmp_path, "classification")
    assert report["losses"][-1] < 0.9 * report["losses"][0] and report["error"] < 1e-5
    assert os.listdir(str(tmp_path)).count("best_model.weights") == 1


def test_seq2seq(tmp_path):
    report = run_old(tmp_path, "seq2seq")
    assert report["losses"][-1] < report["losses"][0] and report["generated"] > 0


def test_labelling(tmp_path):
    report = run_old(tmp_path, "labelling")
    assert report["losses"][-1] < report["losses"][0] and report["moved"] > 0.1


def test_layers_of_its_own(tmp_path):
    report = run_old(tmp_path, "own_layers")
    assert report["trained"] == 0 and report["error"] < 1e-5 and report["zeroed"] == 0


def test_a_line_in_the_script(tmp_path):
    (tmp_path / "helper.py").write_text("from keras.models import Model as Its\n", "utf-8")
    text = """
        from helper import Its
        report(same=Its is Model is keras.models.Model, argv=sys.argv[1:])
    """
    text = "import b4k_models.compat\n" + START + textwrap.dedent(text)
    report = run(tmp_path, text, "script.py", "--an", "argument")
    assert report == {"same": True, "argv": ["--an", "argument"]}
