"""Models that read two texts together, here with random weights: shapes, order, labels, and what cannot be loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.errors import ModelUnavailable
from pipelines.models.crossing import CrossEncoder, Entailment
from pipelines.models.shelf import ModelShelf

pytestmark = pytest.mark.slow

QUESTION = "who kept the light"
NEAR = 1e-3  # what other padding may change
TEXTS = ["the first keeper was vane", "green tea", "", "a keeper lit the lamp " * 200]


def save(folder: Path, labels: list[str]) -> Path:
    """A BERT of random weights that tells these labels apart."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    known = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *sorted({word for text in (QUESTION, *TEXTS) for word in text.split()}),
    ]
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(known)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=words, **names).save_pretrained(folder)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=200, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=64, id2label=dict(enumerate(labels)), label2id={n: i for i, n in enumerate(labels)},
        initializer_range=0.6,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("reranker"), ["LABEL_0"])


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("judge"), ["CONTRADICTION", "Entailment", "neutral"])


def test_roles_that_are_not_set_are_none(tmp_path: Path) -> None:
    own = ModelShelf({}, tmp_path)
    assert own.rerank is None and own.entailment is None
    assert (own.name("rerank"), own.name("entailment")) == ("none", "none")


def test_scores_are_float32_in_the_order_of_the_texts(reranker: Path, tmp_path: Path) -> None:
    own = ModelShelf({"rerank": f"hf:{reranker}"}, tmp_path, device="cpu")
    model = own.rerank
    assert model is not None and model is own.rerank and model.name == own.name("rerank") == str(reranker)
    scores = model.score(QUESTION, TEXTS)
    assert scores.shape == (4,) and scores.dtype == np.float32
    assert np.diff(np.sort(scores)).min() > 2 * NEAR
    for text, score in zip(TEXTS, scores, strict=True):
        assert abs(model.score(QUESTION, [text])[0] - score) < NEAR
    assert abs(model.score("green tea", TEXTS[:1])[0] - scores[0]) > NEAR
    assert model.score(QUESTION, []).shape == (0,)


def test_chances_are_in_the_promised_order_whatever_the_model_calls_first(judge: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    own = ModelShelf({"entailment": f"hf:{judge}"}, tmp_path, device="cpu")
    model = own.entailment
    assert model is not None
    pairs = [(text, "vane kept the light") for text in TEXTS[:3]]
    chances = model.entail(pairs)
    assert chances.shape == (3, 3) and chances.dtype == np.float32 and np.allclose(chances.sum(axis=1), 1, atol=1e-5)
    with torch.inference_mode():
        read = AutoTokenizer.from_pretrained(judge)(
            *map(list, zip(*pairs, strict=True)), return_tensors="pt", padding=True
        )
        raw = AutoModelForSequenceClassification.from_pretrained(judge).eval()(**read).logits.softmax(-1).numpy()
    assert np.allclose(chances, raw[:, [1, 2, 0]], atol=NEAR)
    assert np.abs(chances - raw).max() > 4 * NEAR
    assert model.entail([]).shape == (0, 3)


def test_a_model_with_other_outputs_is_refused(reranker: Path, judge: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"rerank=hf:.* gives 3 numbers for a pair"):
        CrossEncoder(judge)
    with pytest.raises(ModelUnavailable, match=r"entailment=hf:.* tells apart LABEL_0, and not entailment, neutral"):
        Entailment(reranker)
    with pytest.raises(ModelUnavailable, match=r"tells apart LABEL_0, LABEL_1, LABEL_2"):
        Entailment(save(tmp_path, ["LABEL_0", "LABEL_1", "LABEL_2"]))


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    own = ModelShelf({"rerank": "hf:nobody/nothing", "entailment": f"hf:{tmp_path}"}, tmp_path, device="cpu")
    with pytest.raises(
        ModelUnavailable, match=r"rerank=hf:nobody/nothing cannot be loaded.*hf download nobody/nothing"
    ):
        _ = own.rerank
    with pytest.raises(ModelUnavailable, match=r"entailment=hf:.* cannot be loaded"):
        _ = own.entailment


def test_weights_that_are_no_safetensors_are_refused(reranker: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    for file in reranker.iterdir():
        if file.suffix == ".json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save(load_file(reranker / "model.safetensors"), tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        CrossEncoder(tmp_path)
