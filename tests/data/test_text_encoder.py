import json
import math
import time
from zlib import crc32

import numpy as np
import pytest

from cutaway.data import text_encoder
from cutaway.data.columns import ColumnKind, describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.table import Table
from cutaway.data.text_encoder import HASHED, MOST_TERMS, TextEncoder, terms_of
from cutaway.errors import InputError


def objects(*values):
    return np.array(values, dtype=object)


def random_texts(rows, words, vocabulary=300, seed=0):
    random = np.random.default_rng(seed)
    share = 1 / np.arange(1, vocabulary + 1)
    drawn = random.choice(vocabulary, (rows, words), p=share / share.sum())
    return np.array([" ".join(f"w{word}" for word in row) for row in drawn], dtype=object)


def test_terms_are_lower_case_words_and_pairs_in_any_script():
    assert terms_of("Straße 12, don't_stop") == ["straße", "12", "don", "t_stop", "straße 12", "12 don", "don t_stop"]
    assert terms_of("Ночь. УЛИЦА") == ["ночь", "улица", "ночь улица"]
    assert terms_of("酒が好き wine") == ["酒", "が", "好", "き", "wine", "酒 が", "が 好", "好 き", "き wine"]
    assert terms_of(" ,;! ") == []


def counted(texts):
    """Counts by scikit-learn, with our way of telling words: an independent count of words and pairs."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\w+", lowercase=True)
    return vectorizer.fit_transform(texts).toarray(), vectorizer.get_feature_names_out()


def test_columns_are_log_counts_times_idf_as_scikit_learn_counts():
    texts = random_texts(80, 12)
    encoder = TextEncoder.fit("note", texts)
    counts, names = counted(texts)
    place = {name: number for number, name in enumerate(names)}
    chosen = [place[term] for term in encoder.terms]
    documents = (counts > 0).sum(axis=0)
    idf = np.log((1 + 80) / (1 + documents)) + 1
    expected = np.log1p(counts[:, chosen]) * idf[chosen]
    expected /= np.sqrt(np.mean(expected[expected > 0] ** 2))
    assert encoder.transform(texts)[:, : len(chosen)] == pytest.approx(expected, rel=1e-5)
    # Without a target the terms whose presence varies most, of those in two texts or more; at most one a text.
    spread = (counts > 0).var(axis=0)
    spread[documents < 2] = -1
    assert len(chosen) == 80 and np.sort(spread[chosen]) == pytest.approx(np.sort(spread)[-80:])


def test_other_terms_share_signed_columns(monkeypatch):
    monkeypatch.setattr(text_encoder, "ROWS_TO_SHARE", 60)
    texts = random_texts(60, 10, vocabulary=2000)
    encoder = TextEncoder.fit("note", texts)
    counts, names = counted(texts)
    expected = np.zeros((60, HASHED))
    for column, name in zip(counts.T, names, strict=True):
        if name not in encoder.terms:
            sign = 1 if crc32(name.encode()) // HASHED % 2 else -1
            expected[:, crc32(name.encode()) % HASHED] += sign * np.log1p(column)
    expected /= np.sqrt(np.mean(expected[np.abs(expected) > 1e-12] ** 2))
    found = encoder.transform(texts)[:, -HASHED:]
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-5) and 0.3 < np.mean(found[found != 0] < 0) < 0.7


def test_the_telling_words_of_classes_have_the_largest_chi_square():
    from scipy.stats import chi2, chi2_contingency

    texts = random_texts(300, 8, vocabulary=60)
    labels = np.random.default_rng(1).integers(0, 3, 300)
    texts[labels == 2] += " telling"
    encoder = TextEncoder.fit("note", texts, labels)
    assert encoder.terms[0] == "telling"
    counts, names = counted(texts)
    score = {}
    for column, name in zip(counts.T > 0, names, strict=True):
        if 2 <= column.sum() < 300:
            table = [[np.sum(column & (labels == code)), np.sum(~column & (labels == code))] for code in range(3)]
            score[name] = chi2_contingency(table, correction=False).statistic
    best = sorted(score.values(), reverse=True)
    assert [score[term] for term in encoder.terms] == pytest.approx(best[: len(encoder.terms)])
    assert len(encoder.terms) == pytest.approx(sum(value > chi2.ppf(0.95, 2) for value in best), abs=2)


def test_the_telling_words_of_numbers_have_the_largest_correlation():
    texts = random_texts(300, 8, vocabulary=60)
    price = np.random.default_rng(1).normal(size=300)
    texts[price > 0.8] += " dear"
    encoder = TextEncoder.fit("note", texts, price[:, None].astype(np.float32))
    assert encoder.terms[0] == "dear"
    counts, _ = counted(texts)
    present = counts > 0
    kept = (present.sum(axis=0) >= 2) & (present.sum(axis=0) < 300)
    squared = np.array([np.corrcoef(column, price.astype(np.float32))[0, 1] ** 2 for column in present.T[kept]])
    found = encoder.transform(texts)[:, : len(encoder.terms)] > 0
    mine = np.array([np.corrcoef(column, price)[0, 1] ** 2 for column in found.T])
    assert mine == pytest.approx(np.sort(squared)[::-1][: len(mine)], rel=1e-4)


def test_words_of_one_text_are_not_kept_by_name():
    encoder = TextEncoder.fit("note", objects("my secret is 1234", "your wine", "our wine"))
    assert encoder.terms == ("wine",)
    assert "secret" not in json.dumps(encoder.to_json())


def test_the_width_is_bounded_by_rows_and_memory(monkeypatch):
    texts = random_texts(4000, 20, vocabulary=3000)
    assert len(TextEncoder.fit("note", texts).terms) == MOST_TERMS
    monkeypatch.setattr(text_encoder, "ROWS_TO_SHARE", 4000)
    monkeypatch.setattr(text_encoder, "NUMBERS", 4000 * 200)
    encoder = TextEncoder.fit("note", texts)
    assert encoder.transform(texts).shape == (4000, 200)
    monkeypatch.setattr(text_encoder, "NUMBERS", 1)
    assert len(TextEncoder.fit("note", texts).terms) == text_encoder.FEWEST_TERMS
    monkeypatch.undo()
    monkeypatch.setattr(text_encoder, "ROWS_READ", 2000)
    part = TextEncoder.fit("note", texts, np.arange(4000.0))
    rows = np.linspace(0, 3999, 2000).astype(int)
    assert part == TextEncoder.fit("note", texts[rows], rows.astype(float))


def test_missing_and_strange_values_are_zeros_and_counted():
    encoder = TextEncoder.fit("note", objects("red wine", "white wine", None, "wine"))
    x = encoder.transform(objects(None, "", "!!", "WINE", 7.0, "beer"))
    assert x.shape == (6, 1) and not x[:3].any() and x[3, 0] > 0 and not x[4:].any()
    assert encoder.unseen(objects(None, "", "!!", "beer", "cold beer")) == 2
    assert encoder.unseen(objects(None, "", "!!", "beer", "good wine")) == 0
    nothing = TextEncoder.fit("note", objects(None, "?!"))
    assert nothing.terms == () and nothing.transform(np.array([1.0, np.nan])).shape == (2, 0)


def test_ten_thousand_texts_of_fifty_words_take_seconds():
    texts = random_texts(10_000, 50, vocabulary=20_000)
    begun = time.process_time()
    x = TextEncoder.fit("note", texts, np.arange(10_000) % 3).transform(texts)
    elapsed = time.process_time() - begun
    assert x.shape[0] == 10_000 and 500 < x.shape[1] - HASHED <= MOST_TERMS
    assert elapsed < 12  # of processor time; 2 s where nothing else runs


def test_json_round_trip_is_exact_and_spoilt_json_is_refused():
    texts = random_texts(50, 9)
    encoder = TextEncoder.fit("note", texts)
    again = TextEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert again == encoder and np.array_equal(again.transform(texts), encoder.transform(texts))
    assert encoder.transform(texts).any()
    for wrong in (
        {"terms": ["a", "a"]},
        {"terms": ["a"]},
        {"idf": [math.nan] * len(encoder.idf)},
        {"idf": [0.0] * len(encoder.idf)},
        {"idf": ["1"] * len(encoder.idf)},
        {"scale": 0.0},
        {"other_scale": -1.0},
        {"shared": 63},
        {"terms": [str(number) for number in range(2001)], "idf": [1.0] * 2001},
        {"more": 1},
    ):
        with pytest.raises(InputError, match="text encoder"):
            TextEncoder.from_json(encoder.to_json() | wrong)
    with pytest.raises(InputError, match=r"a target of shape \(3,\) for 50 rows"):
        TextEncoder.fit("note", texts, np.zeros(3))


def test_a_text_that_tells_nothing_is_no_input():
    table = Table({"story": random_texts(40, 7, vocabulary=9), "y": np.arange(40) % 2.0, "x": np.arange(40.0) ** 2})
    columns = describe_columns(table, "y", number=["x"])
    same = np.array(["the same four words"] * 40, dtype=object)
    table.columns["story"] = same  # as in a part of the rows
    assert TableEncoder.fit(table, columns, target=np.arange(40) % 2).columns == ("x",)
    with pytest.raises(InputError, match=r"no column is left .*'story' is text, of which no word tells of the target"):
        TableEncoder.fit(table, columns[:1], target=np.arange(40) % 2)


def test_a_text_column_is_an_input_and_the_target_chooses_its_words():
    number = np.arange(200)
    mood = objects(*(["bad", "good"][n % 2] for n in number))
    story = objects(*(f"bottle {n} was {word} {'and' if n % 3 else 'or'} so on" for n, word in enumerate(mood)))
    table = Table({"story": story, "x": np.sin(number), "y": mood})
    columns = describe_columns(table, "y")
    assert columns[0].kind is ColumnKind.TEXT and columns[0].reason.endswith(
        "7 words each: free text, its words are counted"
    )
    rows = np.flatnonzero(number < 150)
    encoder = TableEncoder.fit(table, columns, target=(number % 2)[rows], rows=rows)
    assert encoder == TableEncoder.fit(table.select(rows), columns, target=(number % 2)[rows])
    text = encoder.encoders[1]
    assert {"good", "bad", "was good", "was bad"} <= set(text.terms[:6])
    assert TableEncoder.from_json(json.loads(json.dumps(encoder.to_json()))) == encoder
    assert np.array_equal(encoder.transform(table, rows), encoder.transform(table)[rows])
    new = Table({"story": objects("nothing familiar"), "x": np.zeros(1)})
    assert encoder.transform_counted(new)[1].sentences() == [
        "column 'story': 1 of 1 values are texts without any word that was telling in training"
    ]
