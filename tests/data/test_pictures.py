"""Reading pictures: folders as people have them, with what is torn, foreign, huge or tiny in them; and arrays."""

import gzip
import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from cutaway.data import picture_arrays
from cutaway.data.mirror import told_from_mirrored
from cutaway.data.picture_arrays import read_idx, read_pixels
from cutaway.data.picture_encoder import PictureEncoder, as_pictures
from cutaway.data.picture_files import MOST_PIXELS, decoded
from cutaway.data.pictures import decode_files, read_pictures
from cutaway.data.sort import Sort, sort_of
from cutaway.errors import InputError

RANDOM = np.random.default_rng(0)


def save(place, array, **options):
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(array, np.uint8)).save(place, **options)
    return place


def noise(height=6, width=5, channels=3):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return RANDOM.integers(0, 256, shape).astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Two classes of colour pictures, three of each."""
    for name in ("cat", "dog"):
        for number in range(3):
            save(tmp_path / "pets" / name / f"{number}.png", noise())
    return tmp_path / "pets"


def test_a_folder_a_class(folder):
    found = read_pictures(folder)
    assert sort_of(folder) is Sort.PICTURES
    assert found.pixels.shape == (6, 6, 5, 3) and found.pixels.dtype == np.uint8
    assert found.labels.tolist() == ["cat"] * 3 + ["dog"] * 3 and found.classes == {"cat": 3, "dog": 3}
    assert found.names[0] == "cat/0.png" and found.parts is None
    assert found.sizes == [((6, 5), 6)] and not found.notes and not found.skipped
    for name, pixels in zip(found.names, found.pixels, strict=True):
        np.testing.assert_array_equal(pixels, np.asarray(Image.open(folder / name)))
    assert found.fingerprint() == read_pictures(folder).fingerprint()
    save(folder / "dog" / "2.png", noise())
    assert found.fingerprint() != read_pictures(folder).fingerprint()


def test_what_is_no_picture_is_named_and_passed_over(folder):
    good = (folder / "cat" / "0.png").read_bytes()
    (folder / "cat" / "torn.png").write_bytes(good[:-30])
    buffer = io.BytesIO()
    Image.fromarray(noise(80, 80)).save(buffer, "JPEG")
    (folder / "cat" / "torn.jpg").write_bytes(buffer.getvalue()[:1500])
    (folder / "dog" / "text.png").write_text("not a picture")
    (folder / "dog" / "empty.webp").write_bytes(b"")
    (folder / "dog" / "notes.txt").write_text("about dogs")
    for hidden in (".DS_Store", "Thumbs.db", ".hidden.png"):
        (folder / "dog" / hidden).write_bytes(b"\0\0")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "0.png").write_bytes(b"\0")
    (folder / "empty").mkdir()
    save(folder / "loose.png", noise())
    heard = []
    found = read_pictures(folder, told=lambda done, whole: heard.append((done, whole)))
    assert len(found.pixels) == 6 and set(found.classes) == {"cat", "dog"}
    assert dict(found.skipped).keys() == {
        "cat/torn.jpg", "cat/torn.png", "dog/empty.webp", "dog/notes.txt", "dog/text.png"
    }  # fmt: skip
    assert "damaged" in dict(found.skipped)["cat/torn.jpg"]
    assert any("5 file(s) passed over: cat/torn.jpg is damaged" in note for note in found.notes)
    assert any("1 picture(s) in no folder of a class" in note for note in found.notes)
    assert "no picture in the folder 'empty', which is no class, then" in found.notes
    assert heard[-1][0] == heard[-1][1]
    # A class that all files of are damaged is no class, and a picture with another ending is one.
    (folder / "empty" / "odd").write_bytes(good)
    assert "empty" in read_pictures(folder).classes


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda place: place.mkdir(), "is a folder without pictures"),
        (lambda place: save(place / "a" / "0.png", noise()), "all 1 picture.s. are of the class 'a'.*at least two"),
        (lambda place: save(place / "0.png", noise()), "says not of which class"),
        (lambda place: ((place / "a").mkdir(parents=True), (place / "a" / "0.png").write_text("x")), "no file holds a"),
        (lambda place: None, "no such file"),
    ],
    ids=["empty", "one class", "loose", "torn", "absent"],
)
def test_refuses_a_folder_that_cannot_be_learned_from(tmp_path, make, message):
    make(tmp_path / "here")
    with pytest.raises(InputError, match=message):
        sort_of(tmp_path / "here")
        read_pictures(tmp_path / "here")


def test_modes_of_all_kinds_become_one(tmp_path):
    rgb = noise(4, 4)
    place = tmp_path / "a"
    save(place / "rgb.bmp", rgb)
    alpha = np.dstack([rgb, np.full((4, 4), 0, np.uint8)])
    alpha[:2, :, 3] = 255
    save(place / "alpha.png", alpha)
    Image.fromarray(rgb).convert("CMYK").save(place / "cmyk.jpg", quality=100)
    Image.fromarray(rgb).convert("P", palette=Image.Palette.ADAPTIVE).save(place / "palette.png")
    deep = (np.arange(16, dtype=np.uint16) * 4096).reshape(4, 4)
    Image.fromarray(deep).save(place / "deep.png")
    Image.fromarray(rgb[..., 0] > 127).save(place / "bit.png")
    frames = [Image.fromarray(noise(4, 4)) for _ in range(3)]
    frames[0].save(place / "moving.webp", save_all=True, append_images=frames[1:], lossless=True)
    save(tmp_path / "b" / "gray.png", noise(4, 4, 1))
    found = read_pictures(tmp_path)
    shown = dict(zip(found.names, found.pixels, strict=True))
    assert not found.skipped and len(shown) == 8 and found.encoder.channels == 3
    np.testing.assert_array_equal(shown["a/rgb.bmp"], rgb)
    np.testing.assert_array_equal(shown["a/alpha.png"][:2], rgb[:2])
    assert (shown["a/alpha.png"][2:] == 255).all()
    np.testing.assert_array_equal(shown["a/deep.png"][..., 0], np.rint(deep / 257))
    assert set(np.unique(shown["a/bit.png"])) <= {0, 255}
    np.testing.assert_array_equal(shown["a/moving.webp"], np.asarray(frames[0]))
    assert np.abs(shown["a/cmyk.jpg"].astype(int).mean(axis=(0, 1)) - rgb.mean(axis=(0, 1))).max() < 40
    assert any("1 picture(s) with transparent parts, put on white" in note for note in found.notes)


def test_gray_pictures_stay_gray_even_where_saved_in_colour(tmp_path):
    gray = noise(5, 5, 1)
    save(tmp_path / "a" / "0.png", np.dstack([gray] * 3))
    save(tmp_path / "b" / "0.png", noise(5, 5, 1))
    found = read_pictures(tmp_path)
    assert found.pixels.shape == (2, 5, 5, 1)
    np.testing.assert_array_equal(found.pixels[0, :, :, 0], gray)
    assert sum("one picture only of 'a', 'b'" in note for note in found.notes) == 1


def test_exif_turns_a_picture_upright(tmp_path):
    picture = Image.fromarray(noise(6, 4))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    picture.save(tmp_path / "turned.png", exif=exif)
    upright = decoded(tmp_path / "turned.png", 3)
    np.testing.assert_array_equal(upright, np.rot90(np.asarray(picture), -1))
    for name in "ab":
        (tmp_path / "set" / name).mkdir(parents=True)
        picture.save(tmp_path / "set" / name / "0.png", exif=exif)
    assert read_pictures(tmp_path / "set").sizes == [((4, 6), 2)]


def test_sixteen_bits_are_known_by_the_mode_not_by_what_a_picture_holds(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned upright, by which the mode may change
    for most in (200, 300, 65535):
        deep = np.array([[0, most], [most // 2, most]], np.uint16)
        for name, options in (("plain.png", {}), ("turned.png", {"exif": exif})):
            Image.fromarray(deep).save(tmp_path / name, **options)
        expected = np.rint(deep / 257)
        np.testing.assert_array_equal(decoded(tmp_path / "plain.png", 1)[..., 0], expected)
        np.testing.assert_array_equal(decoded(tmp_path / "turned.png", 1)[..., 0], np.rot90(expected, -1))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
@pytest.mark.timeout(30)
def test_a_pipe_in_a_folder_is_passed_over_and_told(folder):
    os.mkfifo(folder / "cat" / "pipe.png")
    os.mkfifo(folder / "dog" / "pipe")
    found = read_pictures(folder)
    assert len(found.pixels) == 6 and sort_of(folder) is Sort.PICTURES
    assert [name for name, _ in found.skipped] == ["cat/pipe.png", "dog/pipe"]
    assert dict(found.skipped)["cat/pipe.png"] == "is no regular file"
    pixels, _, skipped = decode_files([folder, folder / "dog" / "pipe"], PictureEncoder(6, 5, 3))
    assert len(pixels) == 6 and skipped == sorted(
        [
            ("cat/pipe.png", "is no regular file"),
            ("dog/pipe", "is no picture in png, jpeg, bmp, webp or gif"),
            (str(folder / "dog" / "pipe"), "is no regular file"),
        ]
    )


def test_sizes_are_made_one(tmp_path):
    for number, (height, width) in enumerate([(1, 1), (20, 10), (30, 30), (300, 2), (40, 44)]):
        save(tmp_path / "ab"[number % 2] / f"{number}.png", noise(height, width))
    found = read_pictures(tmp_path)
    assert found.pixels.shape[1:3] == (30, 30)  # the median of the longer sides
    assert read_pictures(tmp_path, largest=16).pixels.shape[1:3] == (16, 16)
    assert read_pictures(tmp_path, size=12).pixels.shape[1:3] == (12, 12)
    assert (found.pixels[found.names.index("a/0.png")] == found.pixels[found.names.index("a/0.png"), 0, 0]).all()
    tall = PictureEncoder(8, 8, 1).fitted(np.full((4, 2, 1), 7, np.uint8))
    assert tall.shape == (8, 8, 1) and (tall == 7).all()
    half = np.array([[0, 255]], np.uint8).reshape(1, 2, 1)
    wide = PictureEncoder(6, 2, 1).fitted(half)
    np.testing.assert_array_equal(wide[:, :, 0], np.repeat([[0, 255]], 6, axis=0))  # its edge goes on


def test_a_file_that_says_it_is_huge_is_refused(tmp_path, folder):
    side = 1 + int(MOST_PIXELS**0.5)
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    (folder / "cat" / "bomb.png").write_bytes(bomb)
    found = read_pictures(folder)
    assert "refused" in dict(found.skipped)["cat/bomb.png"] and len(found.pixels) == 6


def test_names_of_any_kind(tmp_path):
    for name in ("größe 1", " ", "猫", "a"):
        save(tmp_path / name / "the cat's.png", noise())
        save(tmp_path / name / "deep" / "er.JPG.png", noise())
    found = read_pictures(tmp_path)
    assert set(found.classes) == {"größe 1", " ", "猫", "a"} and all(count == 2 for count in found.classes.values())


def test_equal_files_in_two_classes_are_told(folder):
    (folder / "dog" / "9.png").write_bytes((folder / "cat" / "1.png").read_bytes())
    assert any("stand in two classes, such as cat/1.png and dog/9.png" in note for note in read_pictures(folder).notes)


def test_folders_of_train_and_test(tmp_path):
    for part, count in (("train", 4), ("val", 2), ("test", 3), ("extra", 1)):
        for name in ("cat", "dog"):
            for number in range(count):
                save(tmp_path / part / name / f"{number}.png", noise())
    found = read_pictures(tmp_path)
    assert np.bincount(found.parts).tolist() == [8, 4, 6] and set(found.classes) == {"cat", "dog"}
    assert found.names[0] == "train/cat/0.png" or found.names[0].startswith("test/")
    assert any("'extra'" in note for note in found.notes)
    # Where the folder train holds pictures itself, it is a class: of trains.
    save(tmp_path / "other" / "train" / "0.png", noise())
    save(tmp_path / "other" / "bus" / "0.png", noise())
    assert set(read_pictures(tmp_path / "other").classes) == {"train", "bus"}


# ---- arrays --------------------------------------------------------------------------------------------------


def test_npz_by_the_names_people_give(tmp_path):
    x, y = noise(8, 8, 40).transpose(2, 0, 1), np.arange(40) % 4
    for names in ({"x": x, "y": y}, {"images": x, "labels": y}, {"X_train": x, "y_train": y}, {"data": x, "target": y}):
        np.savez(tmp_path / "a.npz", **names)
        found = read_pictures(tmp_path / "a.npz")
        np.testing.assert_array_equal(found.pixels[..., 0], x)
        assert found.classes == {0: 10, 1: 10, 2: 10, 3: 10} and found.parts is None
    np.savez(tmp_path / "b.npz", x_train=x[:30], y_train=y[:30], x_test=x[30:], y_test=y[30:])
    assert np.bincount(read_pictures(tmp_path / "b.npz").parts).tolist() == [30, 0, 10]
    np.savez(tmp_path / "c.npz", images=x / 255, labels=np.eye(4)[y])
    found = read_pictures(tmp_path / "c.npz")
    np.testing.assert_array_equal(found.pixels[..., 0], x)
    assert any("0 to 1 taken as 0 to 255" in note for note in found.notes)
    np.testing.assert_array_equal(found.encoder.encode_arrays(x[:3] / 255)[..., 0], x[:3])
    np.testing.assert_array_equal(found.encoder.encode_arrays(x[:3])[..., 0], x[:3])
    np.savez(tmp_path / "d.npz", x=np.stack([x / 16] * 3, axis=1), y=np.array(["a", "b", "c", "d"])[y])
    found = read_pictures(tmp_path / "d.npz")
    assert found.pixels.shape == (40, 8, 8, 1) and set(found.classes) == set("abcd")
    assert any("taken as 0 to 255" in note for note in found.notes)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"weights": np.zeros(3)}, r"found weights float64 \(3,\); expected pictures and their classes by such names"),
        ({"x": np.zeros((3, 4, 4)), "y": np.zeros(2)}, "3 pictures, and there are 2 classes"),
        ({"x": np.zeros((3, 4, 4)), "y": np.array([{}] * 3)}, "Python objects"),
        ({"x": np.zeros((3, 7)), "y": np.zeros(3)}, r"has shape \(3, 7\); expected pictures"),
        ({"x": np.full((3, 4, 4), np.nan), "y": np.arange(3)}, "not finite"),
        ({"x": np.zeros((3, 4, 4)), "y": np.zeros(3)}, "all 3 picture.s. are of the class 0"),
        ({"x": np.zeros((3, 4, 4)), "y": np.array([0.5, 1, 2])}, "expected one whole number or text a picture"),
    ],
)
def test_refuses_arrays_that_do_not_fit(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    assert sort_of(tmp_path / "a.npz") is Sort.PICTURES
    with pytest.raises(InputError, match=message):
        read_pictures(tmp_path / "a.npz")


def test_classes_of_two_kinds_are_refused(tmp_path):
    x, y = noise(4, 4, 6).transpose(2, 0, 1), np.arange(6) % 2
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x, y_test=y.astype(str))
    with pytest.raises(InputError, match="of x_train whole numbers and of x_test text; expected either in all parts"):
        read_pictures(tmp_path / "a.npz")


def test_one_array_by_the_name_of_many_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", noise(4, 4, 6))
    (tmp_path / "a.npy").rename(tmp_path / "a.npz")
    for read in (read_pictures, read_pixels):
        with pytest.raises(InputError, match=r"is one array, as \.npy files are, uint8 \(4, 4, 6\); expected pictures"):
            read(tmp_path / "a.npz")


def test_layouts_are_told_apart():
    for shape, expected in (
        ((5, 8, 9), (5, 8, 9, 1)), ((5, 8, 9, 3), (5, 8, 9, 3)), ((5, 3, 8, 9), (5, 8, 9, 3)),
        ((5, 1, 8, 9), (5, 8, 9, 1)), ((5, 784), (5, 28, 28, 1)),
    ):  # fmt: skip
        assert as_pictures(np.zeros(shape), "x").shape == expected
    x = noise(8, 9, 3)
    np.testing.assert_array_equal(as_pictures(np.moveaxis(x, -1, 0)[None], "x")[0], x)


def idx(array, packed=False):
    content = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    return gzip.compress(content) if packed else content


def test_idx_with_its_labels_and_test_part_beside(tmp_path):
    x, y = noise(5, 4, 30).transpose(2, 0, 1), (np.arange(30) % 3).astype(np.uint8)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(idx(x[:20], packed=True))
    (tmp_path / "train-labels.idx1-ubyte").write_bytes(idx(y[:20]))
    with pytest.raises(InputError, match="there is no such folder or file"):
        read_pictures(tmp_path / "t10k-images-idx3-ubyte")
    found = read_pictures(tmp_path / "train-images-idx3-ubyte.gz")
    np.testing.assert_array_equal(found.pixels[..., 0], x[:20])
    assert found.labels.tolist() == y[:20].tolist() and found.parts is None
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(x[20:]))
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(idx(y[20:], packed=True))
    assert np.bincount(read_pictures(tmp_path / "train-images-idx3-ubyte.gz").parts).tolist() == [20, 0, 10]
    (tmp_path / "torn-idx3-ubyte").write_bytes(idx(x)[:-5])
    with pytest.raises(InputError, match="says it holds 30 × 5 × 4 numbers"):
        read_idx(tmp_path / "torn-idx3-ubyte")


def test_a_packed_file_is_unpacked_up_to_a_limit(tmp_path, monkeypatch):
    (tmp_path / "x-idx3-ubyte.gz").write_bytes(idx(np.zeros((50, 40, 30), np.uint8), packed=True))
    assert read_idx(tmp_path / "x-idx3-ubyte.gz").shape == (50, 40, 30)
    monkeypatch.setattr(picture_arrays, "MOST_BYTES", 16 + 50 * 40 * 30)
    assert read_idx(tmp_path / "x-idx3-ubyte.gz").shape == (50, 40, 30)
    monkeypatch.setattr(picture_arrays, "MOST_BYTES", 9_999)
    asked = []
    unpacked = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda file, size=-1: asked.append(size) or unpacked(file, size))
    with pytest.raises(InputError, match="holds more than 9,999 bytes once unpacked"):
        read_idx(tmp_path / "x-idx3-ubyte.gz")
    assert asked == [10_000]


# ---- the encoder, and mirror images ---------------------------------------------------------------------------


def test_the_encoder_comes_back_from_json_and_refuses_what_is_none():
    encoder = PictureEncoder(8, 9, 3, 0.0, 1.0)
    assert PictureEncoder.from_json(encoder.to_json()) == encoder
    for wrong in ({"height": 0}, {"channels": 2}, {"low": 1.0}, {"width": "9"}, {"more": 1}, {"height": 10**6}):
        with pytest.raises(InputError, match="picture encoder"):
            PictureEncoder.from_json({**encoder.to_json(), **wrong})


def test_numbers_of_another_range_than_was_learned_from_are_refused():
    x = noise(8, 9, 12).transpose(2, 0, 1)
    of_bytes, of_shares = PictureEncoder(8, 9, 1), PictureEncoder(8, 9, 1, 0.0, 1.0)
    np.testing.assert_array_equal(of_bytes.encode_arrays(x.astype(np.float32))[..., 0], x)
    np.testing.assert_array_equal(of_shares.encode_arrays(x / 255)[..., 0], x)
    assert not of_bytes.encode_arrays(np.zeros((2, 8, 9))).any()  # black in either range
    for encoder, array, message in (
        (of_bytes, x / 255, "values from 0 to 1; the run was trained on 0 to 255; multiply by 255"),
        (of_bytes, x > 127, "values from 0 to 1; the run was trained on 0 to 255; multiply by 255"),
        (of_bytes, x.astype(np.int32) * 257, "the run was trained on 0 to 255"),
        (of_shares, x.astype(np.float32), "the run was trained on 0 to 1; divide by 255"),
        (of_bytes, np.full((2, 8, 9), np.nan), "not finite"),
    ):
        with pytest.raises(InputError, match=message):
            encoder.encode_arrays(array)


def test_one_picture_is_not_taken_for_many():
    colour, gray = noise(28, 28, 3), noise(16, 16, 1)
    for encoder, x in (
        (PictureEncoder(28, 28, 3), colour), (PictureEncoder(32, 32, 3), noise(20, 30, 4)),
        (PictureEncoder(28, 28, 1), colour), (PictureEncoder(16, 16, 1), gray),
    ):  # fmt: skip
        with pytest.raises(InputError, match=r"one picture\? give x\[None\]"):
            encoder.encode_arrays(x)
    np.testing.assert_array_equal(PictureEncoder(28, 28, 3).encode_arrays(colour[None])[0], colour)
    # Gray pictures for a network of colours, and ones that are as narrow as those learned from.
    assert PictureEncoder(8, 8, 3).encode_arrays(noise(8, 8, 5).transpose(2, 0, 1)).shape == (5, 8, 8, 3)
    assert PictureEncoder(4, 3, 1).encode_arrays(noise(7, 4, 3)).shape == (7, 4, 3, 1)


def test_files_to_predict_for_are_found_at_any_depth(folder):
    (folder / "dog" / "text.png").write_text("no")
    pixels, names, skipped = decode_files([folder], PictureEncoder(6, 5, 3))
    assert len(pixels) == len(names) == 6 and names[0] == "cat/0.png" and skipped[0][0] == "dog/text.png"
    with pytest.raises(InputError, match="there is no such file"):
        decode_files([folder / "nobody.png"], PictureEncoder(6, 5, 3))


def test_mirror_images_of_signs_are_told_and_of_things_seen_from_any_side_are_not():
    from sklearn.datasets import load_digits

    digits = load_digits()
    x, y = digits.images.astype(np.uint8)[..., None], digits.target
    assert told_from_mirrored(x, y) > 0.9
    either = np.where(RANDOM.random((len(x), 1, 1, 1)) < 0.5, x, x[:, :, ::-1])
    assert 0.45 < told_from_mirrored(either, y) < 0.55
    assert told_from_mirrored(x[:50], y[:50]) is None
