"""One model on several devices, each of which sees a part of every batch; two CPU devices where there are no two GPUs.

    pip install b4k-models b4k-text snownlp keras jax
    KERAS_BACKEND=jax python multi_device.py [--smoke] [--model FOLDER]

jax has keras.distribution, TensorFlow a strategy, torch a process for each device.
"""

import os

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=2")  # before jax starts

import data  # noqa: E402
import numpy as np  # noqa: E402
from b4k_layers import GlobalAveragePooling1D  # noqa: E402
from b4k_models import build_transformer_model  # noqa: E402
from b4k_ops import keras  # noqa: E402

options = data.options(__doc__)
num_train, num_test, epochs = (1024, 256, 3) if options.smoke else (8000, 2000, 3)
maxlen = 32 if options.smoke else 96
learning_rate, batch_size = 2e-4 if options.model else 1e-3, 32
filename = os.path.join(options.folder, "best.weights.h5")

reviews = data.reviews(maxlen=maxlen - 2)
test, train = reviews[:num_test], reviews[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])


def encode(reviews):
    """Reviews -> [token ids, segment ids], labels."""
    texts, labels = zip(*reviews)
    inputs = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    return list(inputs), np.array(labels)


def build():
    """The classifier, compiled; the same on every device."""
    keras.utils.set_random_seed(0)
    bert = build_transformer_model(**config)
    x = GlobalAveragePooling1D()(bert.output)
    model = keras.models.Model(bert.inputs, keras.layers.Dense(2, activation="softmax")(x))
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate),
        metrics=["accuracy"],
    )
    return model


def fit(model):
    """Training as ever: Keras shares the batches out."""
    best = keras.callbacks.ModelCheckpoint(
        filename, "val_accuracy", save_best_only=True, save_weights_only=True
    )
    model.fit(
        *encode(train),
        batch_size=batch_size,
        epochs=epochs,
        validation_data=encode(test),
        callbacks=[best],
    )


def with_jax():
    devices = keras.distribution.list_devices()
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
    fit(build())
    return len(devices)


def with_tensorflow():
    import tensorflow as tf

    if len(tf.config.list_physical_devices("GPU")) < 2:
        (cpu,) = tf.config.list_physical_devices("CPU")
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, two)
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    else:
        strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        model = build()
    fit(model)
    return strategy.num_replicas_in_sync


def with_torch():
    import torch

    count = max(2, torch.cuda.device_count())
    meeting = os.path.join(options.folder, "meeting")
    if os.path.exists(meeting):
        os.remove(meeting)
    torch.multiprocessing.start_processes(
        fit_in_process, (count, meeting), count, start_method="fork"
    )
    return count


def fit_in_process(rank, count, meeting):
    """One of `count` processes: its rows of each batch; torch averages the gradients."""
    import torch

    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", "file://" + os.path.abspath(meeting), rank=rank, world_size=count
    )
    model = build()
    parallel = torch.nn.parallel.DistributedDataParallel(model)
    weights = model.trainable_weights
    (token_ids, segment_ids), labels = encode(train)
    for epoch in range(epochs):
        order = np.random.RandomState(epoch).permutation(num_train)
        progress = keras.utils.Progbar(num_train, verbose=int(rank == 0))
        for start in range(0, num_train, batch_size):
            rows = order[start + rank : start + batch_size : count]
            model.zero_grad()
            predicted = parallel([token_ids[rows], segment_ids[rows]], training=True)
            loss = model.compute_loss(y=torch.tensor(labels[rows]), y_pred=predicted)
            loss.backward()
            with torch.no_grad():
                model.optimizer.apply([weight.value.grad for weight in weights], weights)
            progress.add(min(batch_size, num_train - start), [("loss", float(loss))])
    if rank == 0:
        model.save_weights(filename)
    torch.distributed.destroy_process_group()


count = {"jax": with_jax, "tensorflow": with_tensorflow, "torch": with_torch}[
    keras.backend.backend()
]()
model = build()
model.load_weights(filename)
inputs, labels = encode(test)
accuracy = np.mean(model.predict(inputs, batch_size=batch_size, verbose=0).argmax(1) == labels)
majority = max(labels.mean(), 1 - labels.mean())
data.conclude(
    options,
    "trained on %d devices: held-out accuracy %.1f %%, always the same answer %.1f %%"
    % (count, 100 * accuracy, 100 * majority),
    learned=accuracy > majority + 0.08,
)
