"""How much memory a card will need, before anything is loaded: arithmetic on a configuration.

Bytes that a token leaves behind in a layer were counted on the meta device (what autograd keeps, bfloat16, attention
as the variable-length kernel keeps it), and are written here as vectors of the layer's widths; what a card takes
beside that was measured (docs/log.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import LoraWhere, Optimizer, Sharding, TrainingMethod, TrainingOptions
from ocr_project.training.families import Family, is_tied

GIB = 2**30
_HALF = 2  # bytes of bfloat16
_FOUR_BIT = 0.55  # bytes of a weight in NF4, with its scales
_LOGITS = 12.5  # bytes of one at their peak: bfloat16, log-softmax and gradient in float32, a part of its bfloat16
# Of what autograd keeps when layers are compiled: the compiler recomputes the cheap rest, of which LoRA has less.
_COMPILED = {TrainingMethod.LORA: 0.74, TrainingMethod.FULL: 0.66}
_UNPACKED = 6  # bytes a weight of a layer's largest matrix, while it is made of four bits and multiplied
_BACKWARD = 1.4  # of what a layer keeps: with the gradients of its activations beside it
_SLACK, _SPARE = 1.025, 0.02 * 2**30  # on the sum; measured peaks are then 1 to 5 % lower (docs/log.md, 2026-11-28)
_CONTEXT = 0.9 * 2**30  # bytes of a card that CUDA, its libraries and holes between tensors take
_KEEPING = (0, 4, 3, 2, 1)  # every n-th layer is computed again: least of all first
# Bytes a trained weight: what stays from step to step, and the gradient.
_STATES = {Optimizer.ADAMW: (12, 2), Optimizer.ADAMW_BF16: (4, 2), Optimizer.ADAMW_8BIT: (2, 2)}
_LORA_STATES = {Optimizer.ADAMW: (12, 4), Optimizer.ADAMW_BF16: (12, 4), Optimizer.ADAMW_8BIT: (6, 4)}


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model.

    Attributes:
        hidden: Width of the language model.
        inner: Of its feed-forward layers.
        queries: Width of all queries together.
        keys: Width of all keys together.
        layers: Of the language model.
        vocabulary: Tokens.
        tower: Width of the vision tower.
        tower_inner: Of its feed-forward layers.
        blocks: Of the tower.
        gated: Whether its feed-forward layers are gated: three matrices, not two.
        mergers: What turns four patches into a token, once or several times (deepstack).
        tied: Whether the head is the embedding.
    """

    hidden: int
    inner: int
    queries: int
    keys: int
    layers: int
    vocabulary: int
    tower: int
    tower_inner: int
    blocks: int
    gated: bool
    mergers: int
    tied: bool

    @property
    def language(self) -> int:
        """Return the weights of the language model's layers."""
        attention = self.hidden * (2 * self.queries + 2 * self.keys)
        return self.layers * (attention + 3 * self.hidden * self.inner)

    @property
    def embeddings(self) -> int:
        """Return those of the embedding, and of the head where it is another matrix."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def vision(self) -> int:
        """Return those of the tower."""
        return self.blocks * (4 * self.tower**2 + (3 if self.gated else 2) * self.tower * self.tower_inner)

    @property
    def projector(self) -> int:
        """Return those of what turns its output into tokens."""
        return self.mergers * ((4 * self.tower) ** 2 + 4 * self.tower * self.hidden)


def shape_of(config: Mapping[str, Any]) -> Shape:
    """Read the sizes of a model out of its `config.json`."""
    text: Mapping[str, Any] = config.get("text_config") or config  # Qwen2-VL's lies flat
    vision: Mapping[str, Any] = config["vision_config"]
    heads = int(text["num_attention_heads"])
    head = int(text.get("head_dim") or text["hidden_size"] // heads)
    tower = int(vision.get("embed_dim") or vision["hidden_size"])
    return Shape(
        hidden=int(text["hidden_size"]),
        inner=int(text["intermediate_size"]),
        queries=heads * head,
        keys=int(text.get("num_key_value_heads") or heads) * head,
        layers=int(text["num_hidden_layers"]),
        vocabulary=int(text["vocab_size"]),
        tower=tower,
        tower_inner=int(vision.get("intermediate_size") or tower * vision.get("mlp_ratio", 4)),
        blocks=int(vision.get("depth") or vision["num_hidden_layers"]),
        gated=config.get("model_type") == "glm_ocr",
        mergers=1 + len(vision.get("deepstack_visual_indexes", ())),
        tied=is_tied(config),
    )


@dataclass(frozen=True, slots=True)
class Load:
    """What a card works on at once.

    Attributes:
        tokens: Of a pack.
        image_tokens: How many of them are images'.
        answer_tokens: How many are learnt.
    """

    tokens: int
    image_tokens: int
    answer_tokens: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """Bytes by what takes them.

    Attributes:
        weights: Of the model.
        states: What the optimizer keeps.
        gradients: Of what is trained.
        text: What the language model's layers keep for the backward pass.
        vision: What the tower's blocks keep.
        head: Logits with their gradients: they are gone when the layers' own gradients come.
        backward: What is there while one layer is recomputed and goes backward.
        tower: What a block takes while the tower works: before all else.
        entries: Of text and vision, what stays until the way back is at its end; the rest goes as gradients come.
        first_gradient: That of the head or the tied embedding; it comes before those of the layers.
        earlier_packs: Whether gradients of the packs before are there from the beginning.
    """

    weights: float
    states: float
    gradients: float
    text: float
    vision: float
    head: float
    backward: float
    tower: float
    entries: float = 0.0
    first_gradient: float = 0.0
    earlier_packs: bool = False

    @property
    def gib(self) -> float:
        """Return the peak of what tensors take, in GiB: that of the tower, of the head, or of the way back."""
        kept = self.text + self.vision
        if self.earlier_packs:
            moment = self.gradients + max(self.tower, kept + max(self.head - self.first_gradient, self.backward))
        else:
            way_back = max(kept + self.first_gradient, self.gradients + self.entries) + self.backward
            moment = max(self.tower, kept + self.head, way_back)
        return (_SLACK * (self.weights + self.states + moment) + _SPARE) / GIB

    @property
    def card_gib(self) -> float:
        """Return what a card has to have for that."""
        return self.gib + _CONTEXT / GIB

    def table(self) -> dict[str, float]:
        """Return GiB by part, and the peak."""
        names = ("weights", "states", "gradients", "text", "vision", "head", "backward", "tower")
        return {name: round(getattr(self, name) / GIB, 2) for name in names} | {"peak": round(self.gib, 2)}


def predict(shape: Shape, family: Family, options: TrainingOptions, load: Load) -> Prediction:
    """Predict what one card needs for a pack."""
    body = shape.language + shape.vision + shape.projector
    share = 1 / options.devices if options.sharding is Sharding.FSDP2 else 1.0
    weights = body * (_FOUR_BIT if options.four_bit else _HALF) + shape.embeddings * _HALF
    trained = trained_weights(shape, options)
    lora = options.method is TrainingMethod.LORA
    kept, gradient = (_LORA_STATES if lora else _STATES)[options.optimizer]
    gathered = (1 - share) * 2 * _HALF * _largest_layer(shape)  # two layers of all cards are whole at a time
    head_trained = not lora and not options.freeze.language
    text, of_layer, text_entries = _text(shape, family, options, load)
    vision, of_block, vision_entries = _vision(shape, family, options, load)
    first = 2.0 * shape.vocabulary * shape.hidden if head_trained else 0.0
    unpacked = _UNPACKED * shape.hidden * shape.inner if options.four_bit else 0.0
    return Prediction(
        weights=share * weights + gathered,
        states=share * trained * kept,
        gradients=share * trained * gradient,
        text=text,
        vision=vision,
        head=load.answer_tokens * shape.vocabulary * _LOGITS + first,
        backward=_BACKWARD * max(of_layer, of_block if vision else 0.0) + unpacked,
        tower=of_block,
        entries=text_entries + vision_entries,
        first_gradient=first,
        earlier_packs=options.packs_per_update > options.devices,
    )


def trained_weights(shape: Shape, options: TrainingOptions) -> int:
    """Count what is trained."""
    if options.method is TrainingMethod.FULL:
        freeze = options.freeze
        counts = (
            (shape.language + shape.embeddings, freeze.language),
            (shape.projector, freeze.projector),
            (shape.vision, freeze.vision),
        )
        return sum(count for count, frozen in counts if not frozen)
    hidden, inner, queries, keys = shape.hidden, shape.inner, shape.queries, shape.keys
    rows = shape.layers * (4 * hidden + 2 * queries + 2 * keys + 3 * (hidden + inner))
    if options.lora.where is not LoraWhere.TEXT:
        rows += shape.mergers * (8 * shape.tower + 4 * shape.tower + hidden)
    if options.lora.where is LoraWhere.ALL:
        rows += shape.blocks * (8 * shape.tower + 2 * (shape.tower + shape.tower_inner))
    return options.lora.rank * rows


def disk_bytes(shape: Shape, options: TrainingOptions) -> float:
    """Return what a run leaves on the disk: its checkpoints, one more while it is saved, and the merged model."""
    whole = _HALF * (shape.language + shape.vision + shape.projector + shape.embeddings)
    full = options.method is TrainingMethod.FULL
    kept, _ = (_STATES if full else _LORA_STATES)[options.optimizer]
    checkpoint = kept * trained_weights(shape, options) + (whole if full else 0.0)
    return (options.keep + 1) * checkpoint + whole


def _text(shape: Shape, family: Family, options: TrainingOptions, load: Load) -> tuple[float, float, float]:
    """Return what all layers keep, what one of them does that is not recomputed, and the entries of the others."""
    full = options.method is TrainingMethod.FULL
    frozen = full and options.freeze.language
    wide = family.norms - (4 if frozen else 0 if full else 2)
    heads = (5.5 if full else 4.4) if family.head_norms else 2
    each = _HALF * (wide * shape.hidden + (3 if frozen else 4) * shape.inner + heads * shape.queries + 5 * shape.keys)
    if not full and options.lora.dropout:
        # each matrix has an input and a mask of its own, in place of the inputs that some shared
        each += 3 * (5 * shape.hidden + shape.queries + shape.inner) - _HALF * (2 * shape.hidden + shape.inner)
    return _kept(load.tokens, _HALF * shape.hidden, each, shape.layers, options)


def _vision(shape: Shape, family: Family, options: TrainingOptions, load: Load) -> tuple[float, float, float]:
    """Return what all blocks keep, nothing where none is trained; what one takes while it works; and entries."""
    each = _HALF * (8.6 * shape.tower + family.tower_mlp * shape.tower_inner)
    full = options.method is TrainingMethod.FULL
    kept, one, entries = _kept(4 * load.image_tokens, _HALF * shape.tower, each, shape.blocks, options)
    seen = not options.freeze.vision if full else options.lora.where is LoraWhere.ALL
    return (kept, one, entries) if seen else (0.0, one, 0.0)


def _kept(count: int, entry: float, each: float, layers: int, options: TrainingOptions) -> tuple[float, float, float]:
    """Add up over layers: the entry of each that is recomputed, all of the others.

    Args:
        count: Tokens or patches.
        entry: Bytes of what one brings into a layer.
        each: Bytes that it leaves behind in one.
        layers: How many there are.
        options: Which of them are recomputed, and whether they are compiled.
    """
    each *= _COMPILED[options.method] if options.compile else 1.0
    again = -(-layers // options.recomputed_every) if options.recomputed_every else 0
    return count * (entry * again + each * (layers - again)), count * each, count * entry * again


def _largest_layer(shape: Shape) -> float:
    return max(shape.language / shape.layers, float(shape.vocabulary * shape.hidden))


def fitted(shape: Shape, family: Family, options: TrainingOptions, load: Load, gib: float) -> TrainingOptions:
    """Return the options with as little computed again as a card allows, where they leave that open.

    Computing all again is a third of LoRA's arithmetic in the layers, and more than half of what a CPU does for them.

    Args:
        shape: Of the model.
        family: Of the model.
        options: Of the training.
        load: The largest pack.
        gib: Of the card; 0: not known, all is computed again.
    """
    if options.checkpoint_every is not None:
        return options
    tried = [options.model_copy(update={"checkpoint_every": every}) for every in (_KEEPING if gib else (1,))]
    return next((one for one in tried if predict(shape, family, one, load).card_gib <= gib), tried[-1])


def check_fits(shape: Shape, family: Family, options: TrainingOptions, load: Load, gib: float) -> Prediction:
    """Refuse what a card cannot hold, and name the knob to turn.

    Args:
        shape: Of the model.
        family: Of the model.
        options: Of the training.
        load: The largest pack.
        gib: Of the card; 0: not known, anything goes.

    Raises:
        OptionError: It does not fit; the message has the parts and the knobs, the first that helps enough first.
    """
    predicted = predict(shape, family, options, load)
    if not gib or predicted.card_gib <= gib:
        return predicted
    parts = ", ".join(f"{name} {size:g}" for name, size in predicted.table().items() if name != "peak")
    turned = [
        f"{said}: {found:.1f}"
        for said, found in _knobs(shape, family, options, load)
        if found < predicted.card_gib - 0.05
    ]
    raise OptionError(
        f"training needs about {predicted.card_gib:.1f} GiB and a card has {gib:.1f} ({parts} GiB). What would help,"
        f" and the GiB that it would need then: {'; '.join(turned) or 'a smaller model'}"
    )


def _knobs(shape: Shape, family: Family, options: TrainingOptions, load: Load) -> list[tuple[str, float]]:
    """Return what could be changed, in the order in which it costs least, and the peak with it."""

    def peak(changed: TrainingOptions, loaded: Load = load) -> float:
        return predict(shape, family, changed, loaded).card_gib

    half = Load(load.tokens // 2, load.image_tokens // 2, load.answer_tokens // 2)
    lora = options.method is TrainingMethod.LORA
    found = [
        ("training.max_pixels, half as many", peak(options, replace(half, answer_tokens=load.answer_tokens))),
        ("training.tokens_per_pack, half as many", peak(options, half)),
        ("training.checkpoint_every=1", peak(options.model_copy(update={"checkpoint_every": 1}))),
    ]
    if lora and options.lora.dropout:
        none = options.lora.model_copy(update={"dropout": 0.0})
        found.append(("training.lora.dropout=0", peak(options.model_copy(update={"lora": none}))))
    if lora and not options.four_bit:
        found.append(("training.four_bit=true", peak(options.model_copy(update={"four_bit": True}))))
    if not lora:
        if options.optimizer is not Optimizer.ADAMW_8BIT:
            eight = options.model_copy(update={"optimizer": Optimizer.ADAMW_8BIT})
            found.append(("training.optimizer=adamw_8bit", peak(eight)))
        found.append(("training.method=lora", peak(options.model_copy(update={"method": TrainingMethod.LORA}))))
    return found


def pack_flops(shape: Shape, options: TrainingOptions, load: Load, squares: tuple[float, float]) -> float:
    """Count the floating-point operations of a pack, forward and backward; recomputation is not counted.

    Args:
        squares: Sums of squares of lengths: of samples in tokens, of images in patches. Attention costs by those.

    Returns:
        A token costs two operations a weight forward, two for the gradient of its input, two for that of the weight,
        where there is one; attention half of its square, for it is causal (in the tower all of it).
    """
    full = options.method is TrainingMethod.FULL
    passes = 3 if full and not options.freeze.language else 2
    head = shape.vocabulary * shape.hidden * load.answer_tokens
    text = 2 * passes * (shape.language * load.tokens + head) + 3 * 2 * squares[0] * shape.queries * shape.layers
    seen = not options.freeze.vision if full else options.lora.where is LoraWhere.ALL
    tower = 2 * (shape.vision * 4 + shape.projector) * load.image_tokens + 4 * squares[1] * shape.tower * shape.blocks
    return float(text + tower * ((3 if full else 2) if seen else 1))
