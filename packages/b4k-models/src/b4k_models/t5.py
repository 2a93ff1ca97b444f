"""T5 and its successors: encoder, decoder, and both as one model."""

import re

from b4k_layers import RelativePositionEmbeddingT5, ScaleOffset
from b4k_ops import Model, keras

from .base import Transformer
from .masks import LM_Mask
from .seq2seq import Seq2SeqGeneration

__all__ = ["T5", "T5_Base", "T5_Decoder", "T5_Encoder"]

Input = keras.layers.Input

VERSIONS = ("t5.1.0", "t5.1.1", "mt5.1.1")
BUCKETS = 32  # of relative positions


class T5_Base(Transformer):  # noqa: N801 - the original's name
    """What T5's encoder and decoder share (https://arxiv.org/abs/1910.10683).

    Blocks with the norm first, without bias and without scaled attention. t5.1.1 and mt5.1.1
    (https://arxiv.org/abs/2010.11934) have gated feed forwards, e.g. hidden_act=["gelu", "linear"], and a matrix of
    their own for the output.
    """

    applications = ("encoder",)
    p_bias = "t5_relative"
    part = None  # "Encoder" or "Decoder", with which the layers' names begin

    def __init__(
        self,
        version="t5.1.0",  # or "t5.1.1", "mt5.1.1"
        **kwargs,  # of Transformer
    ):
        super().__init__(**kwargs)
        if version not in VERSIONS:
            raise ValueError("version must be one of %s, not %r" % (VERSIONS, version))
        self.version = version

    # --- the graph

    def name_of(self, name):
        """`name` as a layer of this part: "Encoder-<name>"."""
        return "%s-%s" % (self.part, name)

    def get_tokens(self):
        """The input of token ids [batch, length]."""
        shape = (self.sequence_length,)
        return self.apply(layer=Input, shape=shape, name=self.name_of("Input-Token"))

    def embed(self, tokens):
        """Token -> dropout (-> hidden_size): [batch, length, hidden_size]."""
        x = self.apply_token_embedding(tokens)
        x = self.apply_dropout(x, self.name_of("Embedding-Dropout"))
        return self.apply_embedding_mapping(x, self.name_of("Embedding-Mapping"))

    def apply_attention(self, inputs, name, context=None, mask=None, position=None):
        """inputs + attention(norm(inputs)), paid to `context` or to itself: [batch, length, hidden_size]."""
        x = self.apply_norm(inputs, name + "-Norm")
        c = x if context is None else context
        x = self.apply_heads([x, c, c], name, mask, position, use_bias=False, attention_scale=False)
        return self.apply_add(inputs, x, name)

    def apply_feed_forward(self, inputs, name):
        """inputs + feed forward(norm(inputs)): [batch, length, hidden_size] -> the same."""
        x = self.apply_norm(inputs, name + "-Norm")
        return self.apply_add(inputs, self.apply_hidden(x, name, use_bias=False), name)

    def apply_norm(self, x, name):
        """Division by the root of mean square, times gamma: no mean, no beta."""
        return super().apply_norm(x, name, zero_mean=False, offset=False)

    def norm_epsilon(self, name):
        return 1e-6

    def apply_final_layers(self, inputs):
        """Norm -> dropout: [batch, length, hidden_size] -> the same."""
        x = self.apply_norm(inputs, self.name_of("Output-Norm"))
        return self.apply_dropout(x, self.name_of("Output-Dropout"))

    def apply_relative_position(self, x, context, bidirectional):
        """A number for each pair of positions and each head: [x's length, context's length, heads]."""
        return self.apply(
            inputs=[x, context],
            layer=RelativePositionEmbeddingT5,
            input_dim=BUCKETS,
            output_dim=self.num_attention_heads,
            bidirectional=bidirectional,
            embeddings_initializer=self.initializer,
            name=self.name_of("Embedding-Relative-Position"),
        )

    # --- weights

    def load_variable(self, checkpoint, name):
        variable = super().load_variable(checkpoint, name)
        if name == "shared/embedding":
            return self.load_embeddings(variable)
        if name == "decoder/logits/kernel":  # [hidden_size, vocab_size]
            return self.load_embeddings(variable.T).T
        return variable.T if "relative_attention_bias" in name else variable

    def create_variable(self, name, value, dtype=None):
        value = super().create_variable(name, value, dtype)
        return value.T if "relative_attention_bias" in name else value

    def variable_mapping(self):
        """Google's names: https://github.com/google-research/text-to-text-transfer-transformer"""
        mapping = {"Embedding-Token": ["shared/embedding"]}
        for part in ("Encoder", "Decoder"):
            scope = part.lower() + "/"
            bias = "block_000/layer_000/SelfAttention/relative_attention_bias"
            mapping[part + "-Embedding-Relative-Position"] = [scope + bias]
            mapping[part + "-Output-Norm"] = [scope + "final_layer_norm/scale"]
            for i in range(self.num_hidden_layers):
                layers = "%s-Transformer-%d-" % (part, i)
                mapping.update(self.block_mapping(layers, "%sblock_%03d/" % (scope, i)))
        if self.version != "t5.1.0":
            mapping["Decoder-Output-LM"] = ["decoder/logits/kernel"]
        if self.version == "mt5.1.1":
            for layer, names in mapping.items():
                mapping[layer] = [re.sub("(final_)?layer_norm", "rms_norm", name) for name in names]
        return mapping

    def block_mapping(self, layers, scope):
        """The mapping of one block, from what its layers' names begin with to what its variables' do."""
        parts = [("MultiHeadSelfAttention", "SelfAttention", ("/q", "/k", "/v", "/o"))]
        if layers.startswith("Decoder"):
            parts += [("MultiHeadCrossAttention", "EncDecAttention", ("/q", "/k", "/v", "/o"))]
        inner = ("/wi",) if self.version == "t5.1.0" else ("/wi_0", "/wi_1")
        kernels = tuple(name + "/kernel" for name in inner + ("/wo",))
        parts += [("FeedForward", "DenseReluDense", kernels)]
        mapping = {}
        for i, (layer, module, names) in enumerate(parts):
            sublayer = "%slayer_%03d/" % (scope, i)
            mapping[layers + layer] = [sublayer + module + name for name in names]
            mapping[layers + layer + "-Norm"] = [sublayer + "layer_norm/scale"]
        return mapping


class T5_Encoder(T5_Base):  # noqa: N801 - the original's name
    """T5's encoder: token ids [batch, length] -> [batch, length, hidden_size]."""

    part = "Encoder"

    def get_inputs(self):
        return [self.get_tokens()]

    def apply_embeddings(self, inputs):
        return self.embed(inputs[0])

    def apply_main_layers(self, inputs, index):
        """Attention -> feed forward, the norm before each."""
        name = self.name_of("Transformer-%d-" % index)
        position = self.compute_position_bias(inputs)
        x = self.apply_attention(inputs, name + "MultiHeadSelfAttention", position=position)
        return self.apply_feed_forward(x, name + "FeedForward")

    def compute_position_bias(self, inputs=None):
        """[length, length, heads], the same for all layers."""
        if self.position_bias is None:
            self.position_bias = self.apply_relative_position(inputs, inputs, bidirectional=True)
        return self.position_bias


class T5_Decoder(LM_Mask, T5_Base):  # noqa: N801 - the original's name
    """T5's decoder: what the encoder gives, [batch, any, hidden_size], and token ids -> the next tokens' probabilities.

    The output is [batch, length, vocab_size], or [batch, length, hidden_size] without its language model. Models that
    Hugging Face or T5X have trained or converted want cross_position_bias=False and, from t5.1.1 on, logit_scale=False.
    """

    applications = ("encoder", "lm")
    output_activation = "with_lm"
    part = "Decoder"
    token_input = 1

    def __init__(
        self,
        with_lm=True,  # False, or the name of the output's activation instead of softmax
        cross_position_bias=True,  # add the relative positions in cross attention too
        logit_scale=True,  # divide the last vectors by the root of hidden_size
        num_decoder_layers=None,  # where it is not the encoder's num_hidden_layers
        **kwargs,  # of T5_Base
    ):
        if num_decoder_layers is not None:
            kwargs.update(num_hidden_layers=num_decoder_layers)
        super().__init__(**kwargs)
        self.with_lm = with_lm
        self.cross_position_bias = cross_position_bias
        self.logit_scale = logit_scale

    def get_inputs(self):
        shape = (self.sequence_length, self.hidden_size)
        return [self.apply(layer=Input, shape=shape, name="Input-Context"), self.get_tokens()]

    def call(self, inputs):
        self.position_bias = self.cross_attention_scores = None  # they belong to the inputs
        return super().call(inputs)

    def apply_embeddings(self, inputs):
        context, tokens = inputs[:2]
        return [context, self.embed(tokens)]

    def apply_main_layers(self, inputs, index):
        """Attention -> attention to the context -> feed forward, the norm before each."""
        context, x = inputs
        name = self.name_of("Transformer-%d-" % index)
        mask, positions = (
            self.compute_attention_bias(index),
            self.compute_position_bias([x, context]),
        )
        x = self.apply_attention(x, name + "MultiHeadSelfAttention", None, mask, positions[0])
        x = self.apply_cross_attention(x, name + "MultiHeadCrossAttention", context, positions[1])
        return [context, self.apply_feed_forward(x, name + "FeedForward")]

    def apply_cross_attention(self, x, name, context, position):
        """Attention to the context; with residual_attention_scores it adds those of the last such layer."""
        scores, self.attention_scores = self.attention_scores, self.cross_attention_scores
        x = self.apply_attention(x, name, context, None, position)
        self.attention_scores, self.cross_attention_scores = scores, self.attention_scores
        return x

    def apply_final_layers(self, inputs):
        """Norm -> dropout -> scale -> language model."""
        x = super().apply_final_layers(inputs[1])
        if self.logit_scale:
            options = {"scale": self.hidden_size**-0.5, "offset": False}
            x = self.apply(inputs=x, layer=ScaleOffset, name="Decoder-Output-Scale", **options)
        return self.apply_lm(x) if self.with_lm else x

    def apply_lm(self, x):
        """[batch, length, hidden_size] -> [batch, length, vocab_size], by the token table or a matrix of its own."""
        if self.embedding_size != self.hidden_size:
            x = self.apply_dense(x, self.embedding_size, "Decoder-Output-Mapping")
        if self.version == "t5.1.0":
            x = self.apply_token_table(x)
            return self.apply_activation(x, self.with_lm, "Decoder-Output-LM-Activation")
        activation = "softmax" if self.with_lm is True else self.with_lm
        name = "Decoder-Output-LM"
        return self.apply_dense(x, self.vocab_size, name, activation, use_bias=False)

    def compute_position_bias(self, inputs=None):
        """([length, length, heads], [length, context's length, heads] or None), the same for all layers."""
        if self.position_bias is None:
            x, context = inputs
            bias = self.apply_relative_position(x, x, bidirectional=False)
            cross = None
            if self.cross_position_bias:
                cross = self.apply_relative_position(x, context, bidirectional=False)
            self.position_bias = (bias, cross)
        return self.position_bias


class T5(Seq2SeqGeneration, T5_Base):
    """T5 as a whole; `.encoder`, `.decoder` and `.model` are Keras models that share their layers.

    Inputs [batch, length]: `Encoder-Input-Token`, `Decoder-Input-Token`, then those given to `build`; the output is
    T5_Decoder's.
    """

    def __init__(
        self,
        with_lm=True,  # these as in T5_Decoder
        cross_position_bias=True,
        logit_scale=True,
        num_decoder_layers=None,
        name=None,
        **kwargs,  # of T5_Base
    ):
        super().__init__(name=name, **kwargs)
        kwargs["layers"] = self.layers
        prefix = "" if name is None else name + "_"
        self._encoder = T5_Encoder(name=prefix + "Encoder", **kwargs)
        self._decoder = T5_Decoder(
            name=prefix + "Decoder",
            with_lm=with_lm,
            cross_position_bias=cross_position_bias,
            logit_scale=logit_scale,
            num_decoder_layers=num_decoder_layers,
            **kwargs,
        )

    def build(self, additional_input_layers=None, **kwargs):  # of Transformer.build
        """Create `self.encoder`, `self.decoder` and `self.model`, once."""
        if self.built:
            return
        kwargs["additional_input_layers"] = additional_input_layers
        self._encoder.build(**kwargs)
        self._decoder.build(**kwargs)
        self.encoder, self.decoder = self._encoder.model, self._decoder.model
        tokens = self._decoder.inputs[1]
        self.set_inputs([self._encoder.inputs[0], tokens], additional_input_layers)
        self.set_outputs(self._decoder.call([self._encoder.outputs[0], tokens]))
        self.model = Model(self.input, self.output, name=self.name)
        self.built = True

    def variable_mapping(self):
        """The names of both, which need not have as many layers."""
        return {**self._encoder.variable_mapping(), **self._decoder.variable_mapping()}
