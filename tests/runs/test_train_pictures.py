"""`train_pictures`: a folder in, a run out that predicts, is saved, told and refused as it says."""

import csv
import io
import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from rich.console import Console

import cutaway as ca
from cutaway.cli.pictures_summary import show_after, show_before
from cutaway.cli.predict_pictures import predict_pictures
from cutaway.data.pictures import read_pictures
from cutaway.data.targets import ClassTarget
from cutaway.errors import DataWarning, InputError
from cutaway.layers import Cutout, Ensemble, RandomFlip
from cutaway.records import StepRecord
from cutaway.runs.picture_parts import divide
from cutaway.runs.picture_run import PictureRun
from cutaway.runs.picture_sheet import filters_sheet, mistakes_sheet
from cutaway.runs.train_pictures import train_pictures

CLASSES = ("bar", "checks", "dot")


def drawn(kind, random, side=10):
    """A picture of a kind, at any place, in noise, as likely mirrored as not."""
    x = random.normal(60, 20, (side, side, 3))
    if kind == "bar":
        x[:, random.integers(1, side - 2) : random.integers(3, side)] += 120
        x[:, random.integers(1, side - 1)] += 100
    elif kind == "checks":
        x[(np.indices((side, side)).sum(axis=0) % 2) == 0] += 120
    else:
        row, column = random.integers(2, side - 2, 2)
        x[row - 1 : row + 2, column - 1 : column + 2, 0] += 150
    return np.clip(x, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ninety pictures of three kinds, and files that are none."""
    place, random = tmp_path_factory.mktemp("data") / "kinds", np.random.default_rng(0)
    for kind in CLASSES:
        (place / kind).mkdir(parents=True)
        for number in range(30):
            Image.fromarray(drawn(kind, random)).save(place / kind / f"{number:02}.png")
    (place / "dot" / "torn.png").write_bytes((place / "dot" / "00.png").read_bytes()[:-40])
    (place / "dot" / "list.txt").write_text("dots")
    return place


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "kinds"
    heard = []
    found = ca.train(folder, effort="quick", epochs=12, engine="numpy", out=out, seed=3, told=heard.append)
    assert isinstance(found, PictureRun) and heard[0].scores is None and heard[0].data == found.data
    return found


def test_it_learns_and_says_how_well(run):
    assert run.classes == CLASSES and run.scores.rows == 18 and run.scores.better
    assert run.scores.value >= 0.8 and run.scores.baseline == pytest.approx(1 / 3)
    assert run.estimate.rows == run.data["watched"] == 7
    assert run.data["classes"] == dict.fromkeys(CLASSES, 30) and run.data["learned"] == 65
    assert [name for name, _ in run.data["skipped"]] == ["dot/list.txt", "dot/torn.png"]
    assert np.sum(run.confusion) == 18 and np.trace(run.confusion) == round(18 * run.scores.value)
    wrong = np.sum(run.confusion) - np.trace(run.confusion)
    assert sum(count for _, _, count in run.confused) == wrong
    assert "calibration error" in run.scores.others
    # Too few pictures to tell whether they may be mirrored: then they are not.
    assert run.settings["told_from_mirrored"] is None and not run.settings["mirrored"]


def test_the_best_epoch_is_the_one_whose_weights_are_delivered(run):
    lowest = min(record.validation for record in run.history)
    assert run.history[-1].validation > lowest  # else the last would be the best by chance
    assert run.best is run.history[-1] and run.summary()["best_epoch"] == len(run.history) == 12
    assert not any(record.best for record in run.history)


def test_what_is_tested_is_what_is_delivered(run, folder):
    pictures = read_pictures(folder, largest=32)
    division, _ = divide(pictures, run.target, 0.2, 3)
    truth = pictures.labels[division.tested]
    assert np.mean(run.predict(pictures.pixels[division.tested]) == truth) == run.scores.value
    assert not set(division.tested) & set(division.learned) | set(division.watched) & set(division.learned)


def test_a_round_trip_through_the_disk_changes_nothing(run, folder):
    again = ca.load(run.path)
    assert isinstance(again, PictureRun) and again.classes == run.classes
    assert {item.name for item in run.path.iterdir()} >= {"filters.png", "network.safetensors", "run.json"}
    x = read_pictures(folder).pixels
    np.testing.assert_array_equal(again.predict_proba(x), run.predict_proba(x))
    assert json.dumps(again.summary()) == json.dumps(run.summary()) and again.sheets == run.sheets
    alone = ca.load(run.path / "network.safetensors")
    np.testing.assert_array_equal(alone.predict(x), run.predict(x))
    probabilities = run.predict_proba(x)
    assert probabilities.shape == (90, 3) and np.allclose(probabilities.sum(axis=1), 1)


def test_the_same_seed_gives_the_same_run(run, folder):
    again = train_pictures(folder, effort="quick", epochs=12, engine="numpy", seed=3)
    for path, array in run.network.parameters().items():
        np.testing.assert_array_equal(array, again.network.parameters()[path])


def test_it_predicts_for_files_folders_and_arrays(run, folder, tmp_path):
    with pytest.warns(DataWarning, match=r"2 file\(s\) passed over: dot/list.txt is no .*; dot/torn.png is damaged"):
        of_folder = run.predict(folder)
    assert len(of_folder) == 90
    files = [folder / "bar" / "00.png", str(folder / "dot" / "01.png")]
    pixels = np.stack([np.asarray(Image.open(file)) for file in files])
    np.testing.assert_array_equal(run.predict(files), run.predict(pixels))
    np.testing.assert_array_equal(run.predict(np.moveaxis(pixels, -1, 1)), run.predict(pixels))
    np.savez(tmp_path / "new.npz", images=pixels)
    np.testing.assert_array_equal(run.predict(tmp_path / "new.npz"), run.predict(pixels))
    np.save(tmp_path / "new.npy", pixels)
    np.testing.assert_array_equal(run.predict(tmp_path / "new.npy"), run.predict(pixels))
    assert run.predictions(tmp_path / "new.npy").files == ["new.npy[0]", "new.npy[1]"]
    np.save(tmp_path / "one.npy", pixels[0])
    np.save(tmp_path / "objects.npy", np.array([{}], object), allow_pickle=True)
    (tmp_path / "torn.npy").write_bytes((tmp_path / "new.npy").read_bytes()[:-9])
    (tmp_path / "several.npy").write_bytes((tmp_path / "new.npz").read_bytes())
    big = np.repeat(np.repeat(pixels, 3, axis=1), 3, axis=2)  # of another size: made to fit
    np.testing.assert_allclose(run.predict_proba(big), run.predict_proba(pixels), atol=0.35)
    for wrong, message in (
        ([folder / "dot" / "torn.png", files[0]], "torn.png is damaged"),
        (folder / "nobody", "no such file"),
        (tmp_path / "one.npy", r"one.npy: the array: .* one picture\? give x\[None\]"),
        (tmp_path / "objects.npy", "objects.npy: cannot be read as .npy .it holds Python objects"),
        (tmp_path / "torn.npy", "torn.npy: cannot be read as .npy"),
        (tmp_path / "several.npy", "holds several arrays"),
        (["a", "b"], "no such file"),
        ({"a": 1}, "expected an array of pictures"),
        (np.zeros((2, 3, 4, 5, 6)), "expected pictures"),
    ):
        with pytest.raises(InputError, match=message):
            run.predict(wrong)


def test_the_command_writes_a_table(run, folder, tmp_path, capsys):
    assert predict_pictures(run, folder, None, json_=False, quiet=False) == 0
    told = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(told.out)))
    assert len(rows) == 90 and list(rows[0]) == ["file", "prediction", *(f"probability_{name}" for name in CLASSES)]
    assert rows[0]["file"] == "bar/00.png" and "dot/torn.png is damaged" in told.err
    assert "dot/list.txt is no picture in png, jpeg, bmp, webp or gif; passed over" in told.err
    assert all(float(row[f"probability_{row['prediction']}"]) >= 1 / 3 for row in rows)
    assert predict_pictures(run, folder, tmp_path / "out.tsv", json_=True, quiet=True) == 0
    assert json.loads(capsys.readouterr().out)["pictures"] == 90
    assert (tmp_path / "out.tsv").read_text().splitlines()[0].split("\t")[0] == "file"
    with pytest.raises(InputError, match=r"written as \.csv or \.tsv"):
        predict_pictures(run, folder, tmp_path / "out.xlsx")
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "a.png").write_text("no")
    with pytest.raises(InputError, match=r"none: there is no picture that can be read; a\.png is no picture"):
        predict_pictures(run, tmp_path / "none")


def test_the_screen_says_what_a_person_needs(run, folder):
    console = Console(file=io.StringIO(), width=90)
    show_before(run, console, folder)
    show_after(run, console, run.path, folder, replaced=False)
    told = console.file.getvalue()
    for words in (
        "kinds: 90 pictures in 3 classes", "bar 30, checks 30, dot 30", "10 × 10 pixels", "red, green, blue",
        "2 file(s) passed over", "too few pictures to say", "3 stages of 8, 16, 32 channels",
        "on 18 pictures set aside",
        "by always saying bar", "is \\ taken for", "filters.png", "cutaway predict",
        "12 epochs of 65 pictures; 7 more held out", "NEW_PICTURES/ -o predictions.csv",
    ):  # fmt: skip
        assert words in told, words
    assert f"predict {run.path} {folder}" not in told  # of those the classes are known


def told_of(run, folder):
    console = Console(file=io.StringIO(), width=400)
    show_before(run, console, folder)
    show_after(run, console, folder, folder, replaced=False)
    return console.file.getvalue()


def test_the_screen_says_why_which_engine_and_what_the_time_left_out(run, folder):
    asked = {**run.settings, "limit": 5.0, "epochs": 12, "epochs_wanted": 80}
    scores = replace(run.scores, value=0.31, interval=(0.2, 0.45))
    told = told_of(replace(run, settings=asked, scores=scores, confused=[("0", "8", 1)]), folder)
    assert "12 of 80 epochs of 65 pictures, all that the time allowed; 7 more held out" in told
    assert "no better than the baseline by more than chance: give it more time" in told
    assert "0 taken for 8 (1 ×)" in told
    assert f"s, {run.reason}" in told and run.reason == "as asked"
    assert "because it expected about 9 s" in told_of(replace(run, reason="about 9 s of work"), folder)
    plain = told_of(run, folder)
    assert "12 epochs of 65 pictures;" in plain and "time allowed" not in plain


def test_the_screen_says_that_nothing_was_tested(folder, tmp_path):
    for kind in ("bar", "dot"):
        (tmp_path / kind).mkdir()
        shutil.copy(folder / kind / "00.png", tmp_path / kind)
    found = train_pictures(tmp_path, effort="quick", epochs=1, engine="numpy")
    assert found.scores is None and "not tested: too few pictures, 2, to set" in told_of(found, tmp_path)
    found.settings["test"] = 0.0
    assert "not tested: no pictures were to be set aside" in told_of(found, tmp_path)


def test_the_screen_says_the_range_of_each_side_and_the_commonest_size(tmp_path):
    for number, size in enumerate([(40, 40), (64, 64), (64, 64), (30, 50)]):  # height, width
        for kind in ("bar", "dot"):
            (tmp_path / kind).mkdir(exist_ok=True)
            pixels = np.random.default_rng(number).integers(0, 256, size).astype(np.uint8)
            pixels[0, 0] = 10 * number + (kind == "bar")
            Image.fromarray(pixels).save(tmp_path / kind / f"{number}.png")
    found = train_pictures(tmp_path, effort="quick", epochs=1, engine="numpy")
    assert "they were 30 to 64 high and 40 to 64 wide, most often 64 × 64 (4 pictures)" in told_of(found, tmp_path)


def test_names_of_classes_on_the_sheet_are_whole(monkeypatch):
    written, text = [], ImageDraw.ImageDraw.text

    def heard(self, place, words, *args, **options):
        written.append((place[0] + options["font"].getlength(words) <= self.im.size[0], words))
        return text(self, place, words, *args, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", heard)
    pixels = np.zeros((3, 32, 32, 1), np.uint8)
    mistakes_sheet(pixels, ["triangle", "square", "m" * 90], ["circle"] * 3, np.array([0.67, 1.0, 0.4]), "three")
    words = [line for _, line in written]
    assert "is triangle" in words and "taken for circle, 67 %" in words and "taken for circle, 100 %" in words
    assert sum("…" in line for line in words) == 1 and all(inside for inside, _ in written)
    for channels, meant in ((1, "Gray: a weight of 0"), (3, "red, green, blue")):
        written.clear()
        filters_sheet(ca.Sequential(ca.layers.Conv2D(3, 3), ca.layers.Flatten()).build((4, 4, channels)))
        assert any(meant in line for _, line in written) and all(inside for inside, _ in written)


def test_the_sheets_are_pictures_with_words_under_each():
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (11, 6, 9, 3)).astype(np.uint8)
    sheet = mistakes_sheet(pixels, ["a" * 40, *"b" * 10], ["猫"] * 11, np.linspace(1, 0.3, 11), "eleven")
    shown = np.asarray(Image.open(io.BytesIO(sheet)))
    times = 12
    for picture in pixels[[0, 10]]:
        large = np.repeat(np.repeat(picture, times, axis=0), times, axis=1)
        windows = np.lib.stride_tricks.sliding_window_view(shown[:, :, 0], large.shape[:2])
        places = np.argwhere(windows[..., 5, 5] == large[5, 5, 0])
        assert any(np.array_equal(windows[row, column], large[:, :, 0]) for row, column in places)
    net = ca.Sequential(ca.layers.Conv2D(3, 2), ca.layers.Flatten()).build((4, 4, 1))
    filters = np.asarray(Image.open(io.BytesIO(filters_sheet(net))))[..., 0]
    weight = net[0].weight[:, :, 0]
    strongest = weight[:, :, np.sqrt((weight**2).sum(axis=(0, 1))).argmax()]
    top = len(filters) - 72  # below the words
    middles = filters[top + 16 : top + 64 : 32, 8 + 16 : 8 + 64 : 32]
    np.testing.assert_array_equal(middles, np.rint(127.5 + 127.5 * strongest / np.abs(strongest).max()))
    assert filters_sheet(ca.Sequential(ca.Dense(2)).build(3)) is None


def test_parts_that_come_with_the_data_are_kept(folder, tmp_path):
    for part, numbers in (("train", range(20)), ("test", range(20, 30))):
        for kind in CLASSES:
            (tmp_path / part / kind).mkdir(parents=True)
            for number in numbers:
                shutil.copy(folder / kind / f"{number:02}.png", tmp_path / part / kind)
    (tmp_path / "test" / "new").mkdir()
    shutil.copy(folder / "bar" / "20.png", tmp_path / "test" / "new")
    shutil.copy(folder / "bar" / "00.png", tmp_path / "test" / "bar" / "again.png")
    found = train_pictures(tmp_path, effort="quick", epochs=1, engine="numpy")
    assert found.scores.rows == 31 and found.data["learned"] + found.data["watched"] == 60 and found.classes == CLASSES
    assert any("1 picture(s) of a class that none to learn from has" in note for note in found.notes)
    assert any("1 of the 31 pictures set aside stand among those learned from" in note for note in found.notes)


def test_things_seen_from_any_side_are_mirrored_and_signs_are_not(tmp_path):
    random = np.random.default_rng(1)
    x = np.stack([drawn(CLASSES[row % 3], random, 24) for row in range(240)])
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(240) % 3)
    either = train_pictures(tmp_path / "a.npz", effort="quick", epochs=1, engine="numpy", test=0)
    assert either.scores is None and either.settings["mirrored"] and either.estimate.rows == 24
    kinds = {type(layer) for _, layer in either.network.named_layers()}
    assert RandomFlip in kinds and Cutout in kinds
    assert either.predict(x[:4]).dtype == np.int64 and either.classes == (0, 1, 2)
    ramp = np.clip(x.astype(int) // 3 + 6 * np.arange(24)[:, None], 0, 255).astype(np.uint8)
    np.savez(tmp_path / "b.npz", x=ramp, y=np.arange(240) % 3)
    signs = train_pictures(tmp_path / "b.npz", effort="quick", epochs=1, engine="numpy", test=0)
    assert signs.settings["told_from_mirrored"] > 0.9 and not signs.settings["mirrored"]


def test_best_averages_several_networks_and_comes_back(folder, tmp_path):
    found = train_pictures(folder, effort="best", epochs=1, size=6, engine="numpy", out=tmp_path / "run")
    assert isinstance(found.network, Ensemble) and len(found.network) == 3
    x = read_pictures(folder, size=6).pixels
    mean = np.mean([np.exp(z := member(x)) / np.exp(z).sum(axis=1, keepdims=True) for member in found.network], axis=0)
    tempered = mean ** (1 / found.target.temperature)
    expected = tempered / tempered.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.predict_proba(x), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(ca.load(tmp_path / "run").predict_proba(x), found.predict_proba(x))


@pytest.mark.parametrize("member", [0, 1, 2])
def test_a_member_that_is_interrupted_is_left_out(folder, monkeypatch, member):
    pictures = read_pictures(folder, size=6)
    whole = train_pictures(pictures, effort="best", epochs=3, engine="numpy", test=0)
    module, called = sys.modules["cutaway.runs.train_pictures"], []
    learn = module.learn

    def interrupt(record):
        if isinstance(record, StepRecord) and len(called) == member + 1 and record.epoch == 1:
            signal.raise_signal(signal.SIGINT)

    def heard(*args, **options):
        called.append(1)
        return learn(*args, **{**options, "listeners": [interrupt]})

    monkeypatch.setattr(module, "learn", heard)
    found = train_pictures(pictures, effort="best", epochs=3, engine="numpy", test=0)
    assert found.interrupted and len(called) == member + 1
    kept = list(Ensemble.of(found.network))
    assert len(kept) == found.summary()["members"] == max(1, member)
    assert len(found.history) == (3 if member else 1)  # half-trained is better than nothing, where there is no other
    if member:
        for one, other in zip(kept, whole.network, strict=False):
            for path, array in {**one.parameters(), **one.state()}.items():
                np.testing.assert_array_equal(array, {**other.parameters(), **other.state()}[path])
        told = [event.message for event in found.events if event.what == "interrupted"]
        assert len(told) == 1 and f"of 3 networks {member} " in told[0]


def test_predicting_for_pictures_does_not_read_what_tables_need():
    code = "import cutaway.runs.picture_run, sys; print([m for m in sys.modules if m.startswith('cutaway.runs.table')])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_few_pictures_and_one_of_a_class(folder, tmp_path):
    for kind, count in (("bar", 3), ("dot", 1)):
        (tmp_path / kind).mkdir()
        for number in range(count):
            shutil.copy(folder / kind / f"{number:02}.png", tmp_path / kind)
    found = train_pictures(tmp_path, effort="quick", epochs=1, engine="numpy")
    assert found.data["watched"] == 0 and found.estimate is None and found.target.temperature == 1
    assert any("one picture only of 'dot'" in note for note in found.notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"test": "x.csv"}, "test is the share to set aside"),
        ({"size": 0}, "size is the side"),
        ({"effort": "fast"}, "effort is 'fast'"),
        ({"weight": "w"}, "no option 'weight' for pictures"),
    ],
)
def test_refuses_settings_that_cannot_be(folder, options, message):
    with pytest.raises(InputError, match=message):
        ca.train(folder, **options)


def test_a_limit_leaves_fewer_epochs(folder):
    found = train_pictures(folder, effort="quick", epochs=5000, limit=3, engine="numpy")
    assert 1 <= found.settings["epochs"] < 5000


def test_a_damaged_run_is_refused(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    facts["confusion"] = [[1, 2]]
    (tmp_path / "run" / "run.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match="confusion: expected"):
        ca.load(tmp_path / "run")


def test_labels_of_the_target_are_the_classes_to_learn_from(folder):
    pictures = read_pictures(folder)
    target = ClassTarget("class", ("bar", "dot"))
    division, notes = divide(pictures, target, 0.2, 0)
    assert len(division.learned) + len(division.watched) + len(division.tested) == 60
    assert any("30 picture(s) of a class that none to learn from has" in note for note in notes)
