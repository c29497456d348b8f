"""The lessons: every claim is put to the engine, and what the engine says to other code."""

import math
import re
import time
from pathlib import Path

import numpy as np
import pytest

from cutaway.errors import InputError
from cutaway.studio.commands import run
from cutaway.studio.expressions import claim, told
from cutaway.studio.grounds import open_ground
from cutaway.studio.lessons import lessons, read
from cutaway.studio.opening import open_rung
from cutaway.studio.protocol import packed
from cutaway.studio.quantities import NUMBERS, WORDS, NowAndBefore
from cutaway.studio.session import Session
from cutaway.studio.teaching import figures, places

# What the ladder's text has to explain.
COVERED = (
    "line", "error", "slope", "learning rate", "neuron", "weight", "bias", "activation", "layer", "linear collapse",
    "loss", "squared error", "cross-entropy", "backpropagation", "blame", "gradient descent", "loss landscape",
    "overfitting", "underfitting", "dying ReLU", "batch norm", "layer norm", "attention",
)  # fmt: skip


@pytest.fixture
def session():
    made = Session(*open_rung("line"))
    yield made
    made.close()


def ask(session, do, **arguments):
    found = run(session, do, arguments)
    packed(found)  # whatever is answered can be sent
    return found


def on(session):
    found = figures(session)
    return NowAndBefore(found, found)


def value(session, written):
    parts = told("{" + written + "}", "here").parts
    return parts[1][0].of(on(session))


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_every_right_answer_is_true_and_every_wrong_one_false(session, lesson):
    for place, step in enumerate(lesson.steps):
        before = ask(session, "lesson", name=lesson.name, step=place)["lesson"]
        assert before["fits"], before["words"]
        assert (before["right"], before["why"], before["reply"]) == (None, [], "")  # nothing is given away
        answer = ask(session, "predict", choice=(step.right + 1) % len(step.choices))["lesson"]
        assert answer["fits"], answer["words"]
        found = places(session, session.lesson)
        holds = [choice.claim.holds(found) for choice in step.choices]
        assert holds == [number == step.right for number in range(len(holds))], (step.title, holds)
        assert answer["right"] == step.right != answer["chosen"]
        assert answer["reply"] and answer["shown"] and answer["why"]
        words = [before["text"], before["question"], *answer["choices"], answer["reply"], answer["shown"]]
        words += [*answer["why"], *(answer["brain"] or {}).values()]
        assert not any(re.search(r"[{}]|NaN|∞", each) for each in words if "−∞" not in each), words
        assert (answer["text"], answer["question"]) == (before["text"], before["question"])
        if place + 1 == len(lesson.steps):  # whatever a person changes then, the step can still be told
            random = np.random.default_rng(0)
            for path, array in ask(session, "weights").items():
                index = [int(random.integers(size)) for size in array.shape]
                ask(session, "edit", path=path, index=index, value=float(random.normal(0, 3)))
            changed = ask(session, "tell")
            assert changed["fits"] and changed["text"] == before["text"] and changed["shown"]


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_a_step_has_few_sentences_and_tells_what_each_wrong_answer_shows(lesson):
    assert 3 <= len(lesson.steps) <= 7
    for step in lesson.steps:
        plain = re.sub(r"\{[^}]*\}", "1", step.text.written)
        assert 2 <= len(re.findall(r"[.!?](?:\s|$)", plain)) <= 4, plain
        assert step.question.written.count("?") == 1
        assert any("{" in each.text.written for each in step.why), step.title  # why, with the figures on screen
        assert len({choice.shows.written for choice in step.choices} | {"x"}) > 2
    assert open_ground(lesson.ground)


def test_the_lessons_cover_what_they_are_to_cover():
    covered = {word for lesson in lessons() for word in lesson.covers}
    assert [word for word in COVERED if word not in covered] == []


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_a_lesson_says_what_in_a_brain_is_like_it_and_where_that_ends(lesson):
    said = [step.brain for step in lesson.steps if step.brain is not None]
    assert said
    for part in (each.written for pair in said for each in pair):
        sentences = re.findall(r"[.!?](?:\s|$)", re.sub(r"\{[^}]*\}", "1", part))
        assert 1 <= len(sentences) <= 3, part


def test_the_scene_lists_them(session):
    scene = ask(session, "open")
    assert [each["name"] for each in scene["lessons"]] == [each.name for each in lessons()]
    assert not any(each["here"] for each in scene["lessons"])
    scene = ask(session, "lesson", name="attention")["scene"]
    assert [each["name"] for each in scene["lessons"] if each["here"]] == ["attention"]
    assert scene["rung"] == "attention"
    scene = ask(session, "load", source={"rung": "line"})
    assert not any(each["here"] for each in scene["lessons"])
    with pytest.raises(InputError, match="begin one"):
        ask(session, "tell")


# ---- the quantities, against other code ---------------------------------------------------------------------------


def test_the_figures_of_a_line_are_those_of_a_closed_form(session):
    x, y = session.case.material.x[:20, 0], np.ravel(session.case.material.y)[:20]
    m, c = (float(np.ravel(session.now.arrays[path])[0]) for path in ("0.weight", "0.bias"))
    ask(session, "select", part="training", example=7)
    error = m * x + c - y
    expected = {
        "weight 0.weight[0,0]": m, "output": m * x[7] + c, "input 0": x[7], "target": y[7], "error": error[7],
        "example_loss": error[7] ** 2, "loss": np.mean(error**2), "blame 0.weight[0,0]": 2 * error[7] * x[7],
        "slope 0.weight[0,0]": np.mean(2 * error * x), "slope 0.bias[0]": np.mean(2 * error), "rate": 0.1,
        "move 0.bias[0]": -0.1 * np.mean(2 * error), "curvature 0.weight[0,0]": np.mean(2 * x * x),
        "curvature 0.bias[0]": 2.0, "least_loss": np.polyfit(x, y, 1, full=True)[1][0] / 20, "at -0.3": c - 0.3 * m,
        "mean 0[0]": np.mean(m * x + c), "deviation 0[0]": np.std(m * x + c), "on 0[0]": np.sum(m * x + c > 0),
        "score": max(-1.0, 1 - np.sum(error**2) / np.sum((y - y.mean()) ** 2)),  # R², from −1 up
        "unit_blame 0[0]": 2 * error[7], "rows": 20,
        "held_out_rows": 30, "batch_size": 20, "steps": 0, "weights": 2,
    }  # fmt: skip
    for written, number in expected.items():
        assert value(session, written) == pytest.approx(number, rel=1e-6, abs=1e-9), written
    assert value(session, "bend") == 0  # not the rounding of it: a lesson shows the figure
    ask(session, "step", size="batch")
    assert value(session, "weight 0.weight[0,0]") == pytest.approx(m - 0.1 * np.mean(2 * error * x))


def test_the_figures_of_a_network_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    session = Session(*open_ground("far").open())
    layers = [{"kind": "Dense", "settings": {"units": 8}}, {"kind": "LayerNorm"}, {"kind": "Tanh"},
              {"kind": "Dense", "settings": {"units": 1}}]  # fmt: skip
    ask(session, "shape", change={"layers": layers})
    w = {path: torch.tensor(np.array(a), requires_grad=True) for path, a in ask(session, "weights").items()}
    material = session.case.material
    x = torch.tensor(material.x[material.training])
    y = torch.tensor(material.y[material.training][:, None].astype(float))
    sums = x @ w["0.weight"] + w["0.bias"]
    normed = torch.nn.functional.layer_norm(sums, (8,), w["1.weight"], w["1.bias"], 1e-5)
    output = torch.tanh(normed) @ w["3.weight"] + w["3.bias"]
    loss = torch.nn.functional.binary_cross_entropy_with_logits(output, y)
    loss.backward()
    expected = {
        "loss": loss, "slope 0.weight[1,3]": w["0.weight"].grad[1, 3], "slope 1.bias[2]": w["1.bias"].grad[2],
        "unit 0[4]": sums[0, 4], "row_mean 0": sums[0].mean(), "row_deviation 0": sums[0].std(unbiased=False),
        "row_deviation 1": normed[0].std(unbiased=False), "mean 2[5]": torch.tanh(normed)[:, 5].mean(),
        "deviation 2[5]": torch.tanh(normed)[:, 5].std(unbiased=False), "output": output[0, 0],
        "true_probability": torch.exp(-torch.nn.functional.binary_cross_entropy_with_logits(output[0], y[0])),
        "probability 1": torch.sigmoid(output[0, 0]), "probability 0": 1 - torch.sigmoid(output[0, 0]),
    }  # fmt: skip
    for written, number in expected.items():
        assert value(session, written) == pytest.approx(number.item(), rel=1e-9), written
    session.close()


def test_attention_shares_are_a_masked_softmax():
    session = Session(*open_rung("attention"))
    maps = ask(session, "attention")["maps"]
    for head in (0, 1):
        shares = np.array([[value(session, f"attention {head}[{i},{j}]") for j in range(8)] for i in range(8)])
        np.testing.assert_array_equal(shares, maps[head]["weights"])
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
        assert not np.triu(shares, 1).any()
    session.close()


def test_quantities_that_are_words_are_those_that_a_click_tells(session):
    def words(written):
        return told(written, "here").of(on(session))

    number = ask(session, "number", what={"kind": "parameter", "path": "0.weight", "index": [0, 0]})
    assert words("{blame_told 0.weight[0,0]}|{chain_told 0.weight[0,0]}") == f"{number['blame']}|{number['chain']}"
    assert words("{loss_told}") == ask(session, "number", what={"kind": "loss"})["sentence"]
    unit = ask(session, "number", what={"kind": "unit", "layer": "0", "place": [0]})["sentence"]
    assert words("{unit_told 0[0]}") == unit
    assert words("{rule}") == "Δw = −η g, η = 0.1"
    assert words("{truth}") == "−0.327"
    assert words("{output:2} {output:()} {0 - output:()}") == "0.93 0.9271 (−0.9271)"
    assert words("{answer}") == ask(session, "forward")["answer"]["shown"]
    ask(session, "load", source={"rung": "attention"})
    assert words("{letters}") == ask(session, "attention")["text"]


# ---- claims of some lessons, without the engine -------------------------------------------------------------------


def begun(session, name, step):
    ask(session, "lesson", name=name, step=step)


def test_the_learning_rates_do_in_plain_numpy_what_the_lesson_says(session):
    x, y = session.case.material.x[:20, 0], np.ravel(session.case.material.y)[:20]
    start = [float(np.ravel(session.now.arrays[path])[0]) for path in ("0.weight", "0.bias")]
    for step, rate, count in ((1, 0.001, 50), (2, 1.0, 50), (4, 0.5, 20)):
        m, c = start
        for _ in range(count):
            error = m * x + c - y
            m, c = m - rate * np.mean(2 * error * x), c - rate * np.mean(2 * error)
        begun(session, "learning_rate", step)
        ask(session, "predict")
        assert value(session, "loss") == pytest.approx(np.mean((m * x + c - y) ** 2), rel=1e-9)


def test_layers_without_activation_are_one_matrix(session):
    begun(session, "layers", 3)
    ask(session, "predict")
    w = ask(session, "weights")
    product = np.eye(1)
    for place in range(5):
        product = product @ w[f"{place}.weight"]
    assert value(session, "at 1 - at 0") == pytest.approx(product.item(), rel=1e-9)
    assert value(session, "at 0.7 - at 0.2") == pytest.approx(product.item() / 2, rel=1e-9)


def test_a_dead_neuron_is_dead_in_plain_numpy(session):
    begun(session, "dying_relu", 0)
    case = session.case
    x, y = case.material.x[case.material.training][:, 0], np.ravel(case.material.y[case.material.training])
    w, b = (float(np.ravel(session.now.arrays[path])[0]) for path in ("0.weight", "0.bias"))
    for _ in range(3):
        z = w * x + b
        pull = 2 * (np.maximum(z, 0) - y) * (z > 0)
        w, b = w - 4 * np.mean(pull * x), b - 4 * np.mean(pull)
    ask(session, "predict")
    assert value(session, "weight 0.bias[0]") == pytest.approx(b)
    assert (w * x + b < 0).all()
    assert value(session, "on 1[0]") == 0


def test_cross_entropy_costs_minus_the_logarithm(session):
    begun(session, "cross_entropy", 1)
    ask(session, "predict")
    z = value(session, "output")
    assert value(session, "example_loss") == pytest.approx(math.log1p(math.exp(z)))
    assert value(session, "probability 0") == pytest.approx(1 / (1 + math.exp(z)), rel=1e-6)
    assert value(session, "unit_blame 4[0]") == pytest.approx(1 / (1 + math.exp(-z)))


def test_a_batch_of_one_says_nothing_to_what_is_before_batch_norm():
    torch = pytest.importorskip("torch")
    x = torch.randn(1, 3, requires_grad=True)
    y = (x - x.mean(0)) / torch.sqrt(x.var(0, unbiased=False) + 1e-5)
    (y.tanh() @ torch.ones(3, 1)).sum().backward()
    assert not x.grad.any()


def test_head_one_of_place_seven_looks_at_place_four_in_every_row_shown(session):
    begun(session, "attention", 2)
    for example in range(12):
        ask(session, "select", part="training", example=example)
        assert value(session, "attention 0[6,3]") > 0.5


# ---- a lesson under way -------------------------------------------------------------------------------------------


def test_what_is_told_stays_true_when_weights_are_changed(session):
    begun(session, "line", 1)
    ask(session, "predict", choice=0)
    ask(session, "edit", path="0.bias", index=[0], value=-2.5)
    ask(session, "edit", path="0.weight", index=[0, 0], value=0.25)
    found = ask(session, "tell")
    # From 0.5·x + 0 to 0.25·x − 2.5: by more than the bias, so that the reason of before is told no longer.
    assert "At x = −1 the line moved by −2.25, at x = 1 by −2.75." in found["shown"]
    assert found["why"] == []
    ask(session, "undo")
    ask(session, "undo")
    begun(session, "neuron", 0)
    ask(session, "predict")
    ask(session, "edit", path="0.weight", index=[0, 0], value=-0.5)
    assert ask(session, "tell")["why"][0] == "The bend is where the sum is 0: −0.5·x + 0.3 = 0."


def test_reasons_that_no_longer_hold_are_no_longer_told(session):
    begun(session, "dying_relu", 1)
    assert any("every point" in each for each in ask(session, "predict")["lesson"]["why"])
    ask(session, "edit", path="0.bias", index=[0], value=0.5)
    assert not any("every point" in each for each in ask(session, "tell")["why"])


def test_a_prediction_is_of_the_network_that_was_asked_about(session):
    begun(session, "slope", 0)
    ask(session, "edit", path="0.weight", index=[0, 0], value=5)
    ask(session, "step", size="batch")
    ask(session, "select", part="training", example=4)
    found = ask(session, "predict", choice=0)["lesson"]
    assert (found["right"], found["chosen"]) == (0, 0)
    assert value(session, "weight 0.weight[0,0]") == -0.9
    assert value(session, "steps") == 0


def test_a_lesson_goes_on_in_one_history(session):
    begun(session, "fitting", 0)
    ask(session, "predict")
    history = session.history
    begun(session, "fitting", 1)
    assert session.history is history
    assert session.now.step == 30
    assert ask(session, "seek", step=12)["step"] == 12
    begun(session, "fitting", 1)  # from anywhere else it is made anew
    assert session.history is not history
    assert session.now.step == 30


def test_a_lesson_that_is_closed_is_over_and_its_network_stays(session):
    begun(session, "fitting", 0)
    ask(session, "predict")
    network, step = session.case, session.now.step
    found = ask(session, "lesson")
    assert found["lesson"] is None
    assert not any(each["here"] for each in found["scene"]["lessons"])
    assert session.case is network and session.now.step == step > 0
    assert not any(each["here"] for each in ask(session, "open")["lessons"])  # nor after a reload
    with pytest.raises(InputError, match="begin one"):
        ask(session, "tell")
    with pytest.raises(InputError, match="no argument 'step'"):
        ask(session, "lesson", step=1)


def test_a_training_may_be_watched(session):
    begun(session, "learning_rate", 1)
    found = ask(session, "predict", choice=1, live=True)
    assert found["scene"]["time"]["training"]
    lesson = found["lesson"]
    assert (lesson["done"], lesson["chosen"], lesson["right"], lesson["reply"]) == (True, None, None, "")
    assert lesson["why"] == []  # not before it is over
    session.speed = None
    end = time.perf_counter() + 20
    while session.training.running and time.perf_counter() < end:
        time.sleep(0.02)
    watched = ask(session, "tell")
    assert (watched["chosen"], watched["right"]) == (1, 1)
    assert watched["reply"] and watched["why"]
    begun(session, "learning_rate", 1)
    assert ask(session, "predict", choice=1)["lesson"]["shown"] == watched["shown"]
    assert session.now.step == 50


def test_another_network_is_said_to_be_another(session):
    begun(session, "layers", 0)
    ask(session, "predict", choice=0)
    ask(session, "shape", change={"layers": [{"kind": "Dense", "settings": {"units": 1}}]})
    found = ask(session, "tell")
    assert not found["fits"]
    assert "no longer that of the lesson" in found["words"]
    assert ask(session, "predict", choice=0)["lesson"]["fits"]


def test_what_cannot_be_asked_is_refused(session):
    with pytest.raises(InputError, match="did you mean 'neuron'"):
        ask(session, "lesson", name="neurone")
    with pytest.raises(InputError, match="step is 99"):
        ask(session, "lesson", name="neuron", step=99)
    begun(session, "neuron", 0)
    with pytest.raises(InputError, match="choice is 3"):
        ask(session, "predict", choice=3)


# ---- expressions and files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("written, number", [
    ("1 + 2 * 3", 7), ("( 1 + 2 ) * 3", 9), ("8 / 2 / 2", 2), ("5 - 2 - 1", 2), ("size -2.5", 2.5),
    ("1e-3 * -1", -0.001),    ("size ( 1 - 3 ) * 2", 4), ("2 - size -3", -1),
])  # fmt: skip
def test_arithmetic_is_that_of_python(session, written, number):
    assert value(session, written) == pytest.approx(number)


def test_claims_compare_and_nan_is_never_true(session):
    for written, holds in (("1 < 2", True), ("2 <= 1", False), ("1 < 2 and 3 > 4", False), ("0 / 0 == 0 / 0", False),
                           ("0 / 0 != 1", True), ("1 / 0 > 1", False), ("2 >= 2 and 1 == 1", True)):  # fmt: skip
        assert claim(written, "here").holds(on(session)) is holds, written


@pytest.mark.parametrize("written", [
    "__import__('os')", "loss.__class__", "loss +", "( loss", "loss )", "weight", "{loss", "loss}", "loss: 12",
    "lambda: 0", "los", "weight weight", "loss ** 2", "before", "1 2", "",
])  # fmt: skip
def test_nothing_else_is_an_expression(session, written):
    with pytest.raises(InputError):
        told("{" + written + "}", "here").of(on(session))
    with pytest.raises(InputError):
        claim(written, "here")


def test_an_answer_in_words_is_no_number():
    with pytest.raises(InputError, match="no quantity"):
        claim("answer == 1", "here")


STEP = (
    """
title = "t"
about = "a"
ground = "line"
covers = ["line"]
"""
    + 3
    * """
[[steps]]
title = "t"
text = "x"
question = "?"
shown = "s"
why = ["w"]
choices = [{ says = "a", claim = "1 < 2", shows = "s", right = true }, { says = "b", claim = "1 > 2", shows = "s" }]
"""
)


@pytest.mark.parametrize("old, new, said", [
    ("", "", None), ("about", "abuot", "'about' is missing"), ("shown", "shwon", "step 1: 'shown' is missing"),
    ("1 < 2", "1 << 2", "choice 1: '<<'"), ("right = true", "right = false", "0 of 2 choices are right"),
    ('"x"', '"{los}"', "step 1, text: 'los' is no quantity"), ("title = ", "title = 3 # ", "title is 3"),
    ('why = ["w"]', 'why = ["w"]\nviews = ["netwrok"]', "did you mean 'network'"),
    ("[[steps]]", "[[steps", "is no TOML"),
    ('why = ["w"]', 'why = ["w"]\ndo = [{ do = "delete" }]', "no action 'delete'"),
    ('why = ["w"]', 'why = ["w"]\ndo = [{ do = "edit", wieght = "a[0]" }]', "got 'wieght'"),
    ('why = ["w"]', 'why = ["w"]\ndo = [{ do = "edit", weight = "a", value = 1 }]', "'a' is no place"),
])  # fmt: skip
def test_a_file_is_read_strictly(old, new, said):
    written = STEP.replace(old, new) if old else STEP
    if said is None:
        assert len(read("x", written.encode()).steps) == 3
        return
    with pytest.raises(InputError, match=re.escape(said)):
        read("x", written.encode())


def test_the_guide_names_every_quantity_and_its_example_is_a_lesson():
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "lessons.md").read_text(encoding="utf-8")
    assert [name for name in (*NUMBERS, *WORDS) if not re.search(rf"`{name}\b", guide)] == []
    for lesson in lessons():
        assert f"| {lesson.title} |" in guide
    example = guide.partition("```toml\n")[2].partition("```")[0]
    steps = example[example.index("[[steps]]") :]
    assert len(read("x", (example + steps * 2).encode()).steps) == 3
