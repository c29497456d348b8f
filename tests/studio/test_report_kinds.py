"""Reports of pictures and texts: their figures are those of the run; what is gone is left out, with the reason."""

from __future__ import annotations

import base64
import copy
import io
from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.studio.report import report_page
from cutaway.studio.report_contents import contents
from cutaway.studio.report_pictures import pictures_aside
from tests.studio.reported import held

pytestmark = pytest.mark.filterwarnings("ignore::cutaway.errors.FindingWarning")
HOW = {"effort": "quick", "engine": "numpy", "progress": False}
TEXT = "the cat sat on the mat. a </script> dog & a log.\n" * 60


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A run on small pictures of three classes: a bright upper half, a bright lower half, noise."""
    image = pytest.importorskip("PIL.Image")
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for name in ("upper", "lower", "noise"):
        (folder / "data" / name).mkdir(parents=True)
        for number in range(30):
            pixels = random.integers(0, 140, (8, 8))
            if name != "noise":
                pixels[slice(0, 4) if name == "upper" else slice(4, 8)] += 70
            image.fromarray(pixels.astype(np.uint8)).save(folder / "data" / name / f"{number}.png")
    return ca.train(folder / "data", epochs=3, out=folder / "run", **HOW)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    (folder / "book.txt").write_text(TEXT)
    return ca.train(folder / "book.txt", epochs=1, out=folder / "run", context=32, **HOW)


def opened(address):
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,")))))


def test_mistakes_are_the_pictures_themselves(pictures):
    told = contents(pictures)
    aside = pictures_aside(pictures)
    assert told["mistakes"]["counts"] == pictures.confusion
    wrong = [
        (pixels, truth, sure) for pixels, truth, sure in zip(aside.pixels, aside.truth, aside.answer, strict=True)
        if sure.argmax() != truth
    ]  # fmt: skip
    tiles = told["mistakes"]["tiles"]
    assert len(tiles) == min(24, len(wrong)) == min(24, told["mistakes"]["wrong"])
    wrong.sort(key=lambda each: -each[2].max())
    for tile, (pixels, truth, answer) in zip(tiles, wrong, strict=False):
        assert tile["sure"] == pytest.approx(answer.max()) and tile["truth"] == str(pictures.classes[truth])
        np.testing.assert_array_equal(opened(tile["picture"]), pixels[:, :, 0])


def test_slopes_are_those_of_finite_differences(pictures):
    aside = pictures_aside(pictures)
    told = contents(pictures)["explained"]["pictures"][0]
    place = next(
        row for row in range(len(aside.truth)) if np.array_equal(opened(told["picture"]), aside.pixels[row, :, :, 0])
    )
    which = int(aside.answer[place].argmax())
    net = pictures.network
    doubled = net.bind(*({path: array.astype(np.float64) for path, array in part.items()}
                         for part in (net.parameters(), net.state())))  # fmt: skip
    pixels, slopes = aside.pixels[place].astype(np.float64), np.zeros((8, 8))
    for row in range(8):
        for column in range(8):
            ends = []
            for by in (1e-4, -1e-4):
                moved = pixels.copy()
                moved[row, column, 0] += by
                ends.append(float(np.asarray(doubled(moved[None]))[0, which]))
            slopes[row, column] = abs(ends[0] - ends[1]) / 2e-4
    found = opened(told["slope"]).astype(float)
    np.testing.assert_allclose(found, 255 * slopes / slopes.max(), atol=2)


def test_without_rows_there_is_no_picture(pictures):
    told = held(report_page(pictures, rows=False))
    assert "tiles" not in told["mistakes"] and "sheet" not in told["mistakes"] and told["explained"] is None
    assert told["mistakes"]["counts"] == pictures.confusion and told["calibration"] is None  # of 18, too few


def test_pictures_that_are_gone_leave_the_sheet(pictures, monkeypatch):
    monkeypatch.setitem(pictures.data, "path", "gone")
    told = contents(pictures)
    assert "not where they were" in told["left_out"][0] and told["explained"] is None
    assert told["mistakes"]["sheet"].startswith("data:image/png;base64,")
    assert told["summary"]["score"]["value"] == pictures.scores.value


def test_a_text_is_told_by_part_and_token(text):
    told = contents(text)
    assert [part["nats"] for part in told["text"]["parts"]] == [text.learned, text.estimate.loss, text.scores.loss]
    assert told["summary"]["score"]["value"] == text.scores.bits(text.scores.loss)
    surprise = told["text"]["surprise"]
    content = "".join(surprise["tokens"])
    assert TEXT.endswith(content) and len(surprise["tokens"]) == text.scores.tokens
    assert surprise["mean"] == pytest.approx(text.scores.loss, rel=1e-4)
    assert np.mean(surprise["nats"]) == pytest.approx(text.scores.loss, rel=1e-2)
    assert told["curves"]["unit"] == "step" and told["mistakes"] is None


def test_a_text_without_its_passage(text, monkeypatch):
    assert contents(text, rows=False)["text"]["surprise"] is None
    page = (text.path / "report.html").read_text()
    assert page.count("</script>") == 2 and "</script>" in "".join(held(page)["text"]["surprise"]["tokens"])
    monkeypatch.setitem(text.data, "path", "gone.txt")
    assert "is not where it was" in contents(text)["left_out"][0]


def test_the_replay_of_a_text_is_what_the_network_wrote_at_each_moment(text):
    kept = contents(ca.load(text.path), rows=False)["replay"]["moments"]
    assert kept["at"] == [0, *(record.step for record in text.history)]
    network = copy.deepcopy(text.network)
    for (_, arrays), found in zip(text.moments, kept["texts"], strict=True):
        network.load(dict(arrays))
        alone = replace(text, network=network)
        assert found == alone.generate(length=80, temperature=0.8, seed=text.settings["seed"])
    assert len(set(kept["texts"])) == len(kept["texts"])  # it learned
    assert (
        held(report_page(text))["replay"]["way"]["at"]
        == kept["at"]
        == held(report_page(text))["replay"]["moments"]["at"]
    )


def test_the_replay_of_pictures_is_what_the_network_answered_at_each_moment(pictures):
    kept, aside = contents(ca.load(pictures.path))["replay"]["moments"], pictures_aside(pictures)
    assert kept["at"] == [0, 1, 2, 3]
    assert [each["truth"] for each in kept["pictures"]] == [str(label) for label in pictures.classes]
    network = copy.deepcopy(pictures.network)
    for (_, arrays), answers in zip(pictures.moments, kept["answers"], strict=True):
        network.load(dict(arrays))
        alone = replace(pictures, network=network)
        for told, answer in zip(kept["pictures"], answers, strict=True):
            pixels = opened(told["picture"])
            assert any(np.array_equal(pixels, each[:, :, 0]) for each in aside.pixels)
            sure = alone.predict_proba(pixels[None, :, :, None])[0]
            assert answer == [str(pictures.classes[sure.argmax()]), pytest.approx(sure.max(), rel=5e-3)]
    assert contents(pictures, rows=False)["replay"]["moments"] is None
