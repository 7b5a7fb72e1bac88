"""Votes and splits over texts made from names of communes, people and phrases of registers."""

import random
import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas
from pipelines import charmaps, encodings
from pipelines.normalize import texts
from pipelines.normalize.place import Place

PHRASES = (
    "Đất ở tại nông thôn", "Đất trồng lúa nước còn lại", "Công nhận QSDĐ như giao đất có thu tiền sử dụng đất",
    "Sử dụng riêng", "Lâu dài", "Đến ngày 15/10/2063", "Hộ gia đình", "Ủy ban nhân dân xã", "Diện tích (m²)",
    "Tờ bản đồ số 12, thửa số 345", "Nguyễn Thị Thuỷ", "Trần Văn Mẫu", "Lê Quý Đôn", "Phạm Thị Ngữ", "Vừ A Dí",
    "Thửa giáp đường, mương", "Đỗ Hữu Ước", "Bùi Thị Lưỡng", "Hoàng Trọng Nghĩa", "Xứ đồng Cửa Đình",
)  # fmt: skip
NAMES = sorted(set(schemas.codelist("admin_units")["name"]))
LEGACY = ("tcvn3", "vni", "viscii", "vps", "cp1258")
ENGLISH = ("Total area", "No.", "ONT+CLN", "m2", "12", "1.234,5", "CN00383", "BĐ 123456", "")


def encode(value, encoding):
    """Return the text in an encoding, each character standing for a byte, from the public tables letter by letter."""
    value = unicodedata.normalize("NFC", value)
    if encoding == "utf-8":
        return value.encode().decode("latin-1")
    if encoding == "cp1258":
        return "".join(map(_cp1258, value))
    from viparse.normalize import tcvn3, viscii, vni, vps

    table = {"tcvn3": tcvn3.TCVN3, "vni": vni.VNI, "viscii": viscii.VISCII, "vps": vps.VPS}[encoding].pairs
    back = {letter: sequence for sequence, letter in reversed([*dict(table).items()])}
    back |= {"ẳ": "aú", "Ẳ": "AÚ"} if encoding == "vni" else {}
    small = {letter: back[letter.lower()] for letter in "ẠẬẦẤẪẨỄẾỀỂỆỚỜỞỠỢỨỪỬỮỰÁÀẢÃÓÒỎÕỌÚÙỦŨỤÝỲỶỸỴÍÌỈĨỊÉÈẺẼẸẮẰẲẴẶỐỒỔỖỘ"
             if letter not in back and letter.lower() in back}  # fmt: skip
    return "".join(back.get(letter, small.get(letter, letter)) for letter in value)


def _cp1258(letter):
    try:
        return letter.encode("cp1258").decode("latin-1")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
        base = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in tones))
        return (base + tones).encode("cp1258").decode("latin-1") if tones else letter


def surfaces(value):
    """Return a text of bytes as Windows programs store it in a Unicode file."""
    return "".join(bytes([ord(c)]).decode("cp1252", "replace").replace("\ufffd", c) if ord(c) < 256 else c
                   for c in value)  # fmt: skip


def accuracy(decoded, truth):
    """Return the share of accented letters that came back in their place; TCVN3 has no Ủ, so case does not count."""
    right = total = 0
    for found, wanted in zip(map(str.lower, decoded), map(str.lower, truth), strict=True):
        marks = [index for index, letter in enumerate(wanted) if ord(letter) > 127]
        total += len(marks)
        right += sum(index < len(found) and found[index] == wanted[index] for index in marks) * (
            len(found) == len(wanted)
        )
    return right / total if total else 1.0


def column(seed, length=200):
    chooser = random.Random(seed)
    return [chooser.choice((NAMES, PHRASES))[0:] and chooser.choice(chooser.choice((NAMES, PHRASES)))
            for _ in range(length)]  # fmt: skip


@pytest.mark.parametrize("shown", [str, surfaces], ids=["latin-1", "windows"])
@pytest.mark.parametrize("encoding", LEGACY)
@pytest.mark.parametrize("raw", [True, False])
def test_a_column_of_names_and_phrases_comes_back(encoding, shown, raw):
    if raw and shown is surfaces:
        pytest.skip("a file of bytes shows no surfaces")
    truth = column(encoding) + list(ENGLISH)
    stored = [shown(encode(text, encoding)) for text in truth]
    done = encodings.decode_columns(pd.DataFrame({"c": stored}), raw=raw)
    assert done.votes["c"].encoding == encoding
    assert accuracy(done.frame["c"], truth) >= 0.999
    assert not done.shares and not done.ambiguous


@pytest.mark.parametrize("raw", [True, False])
def test_columns_of_one_file_differ_and_short_ones_follow_the_file(raw):
    truth = pd.DataFrame({"vni": column(1), "tcvn3": column(2), "short": ["Nữ", "Nam"] * 100})
    stored = pd.DataFrame(
        {name: [encode(text, "tcvn3" if name == "short" else name) for text in truth[name]] for name in truth}
    )
    stored["more"] = [encode(text, "tcvn3") for text in column(3)]
    done = encodings.decode_columns(stored, raw=raw)
    assert {name: vote.encoding for name, vote in done.votes.items()} == {
        "vni": "vni", "tcvn3": "tcvn3", "short": "tcvn3", "more": "tcvn3",
    }  # fmt: skip
    assert done.votes["short"].decided == "file"
    for name in truth:
        assert accuracy(done.frame[name], truth[name]) >= 0.999


@pytest.mark.parametrize("other", ["vni", "tcvn3"])
def test_unicode_values_beside_old_ones_in_one_column(other):
    truth = column(7, 300)
    stored = [text if index % 4 == 0 else encode(text, other) for index, text in enumerate(truth)]
    done = encodings.decode_columns(pd.DataFrame({"c": stored}), raw=False)
    assert accuracy(done.frame["c"], truth) >= 0.995
    assert set(done.shares["c"]) == {other, "utf-8"}


def test_two_old_encodings_and_unicode_in_one_column():
    truth = column(23, 300)
    stored = [(text, encode(text, "vni"), encode(text, "tcvn3"))[index % 3] for index, text in enumerate(truth)]
    done = encodings.decode_columns(pd.DataFrame({"c": stored}), raw=False)
    # "Vừ A Dí" in TCVN3 is "Võ A DÝ", which is a name as well; such a value is counted.
    assert accuracy(done.frame["c"], truth) >= 0.995
    assert done.ambiguous["c"] <= 3
    assert set(done.shares["c"]) == {"vni", "tcvn3", "utf-8"}


def test_headings_in_vni_over_a_body_in_tcvn3_with_english_between():
    heads = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "SỔ MỤC KÊ ĐẤT ĐAI"]
    body = column(11, 60)
    stored = [encode(text, "vni") for text in heads] + ["Total", "m²", "12"] + [encode(text, "tcvn3") for text in body]
    done = encodings.decode_columns(pd.DataFrame({"c": stored}), raw=False).frame["c"].tolist()
    assert [*map(str.lower, done)] == [*map(str.lower, [*heads, "Total", "m²", "12", *body])]


@pytest.mark.parametrize("declared", [None, "tcvn3"])
def test_a_column_that_contradicts_its_declaration_speaks_for_itself(declared):
    truth = column(13)
    stored = pd.DataFrame({"c": [encode(text, "vni") for text in truth]})
    done = encodings.decode_columns(stored, declared=declared)
    assert (done.votes["c"].encoding, done.votes["c"].decided) == ("vni", "own")


@pytest.mark.parametrize(
    "values",
    [
        ["Été à la forêt", "Où est le café", "Garçon, élève", "Château d'eau", "Évêque de Besançon", "Noël, maïs"],
        ["Grünfläche", "Straße", "Flurstück", "Gemeindeübersicht", "öffentlich", "Äcker"],
        ["地籍图", "土地利用", "河内市"],
        ["m²", "m²", "km²", "1.234,5", "12°", "±5", "½"],
        ["ONT", "LUC", None, "12"],
        ["où", "été"],
        ["Peña", "Año", "Núñez"],
    ],
)
def test_what_is_not_vietnamese_stays_as_it_is(values):
    done = encodings.decode_columns(pd.DataFrame({"c": values}), raw=False)
    assert done.votes["c"].encoding == "utf-8"
    assert done.frame["c"].dropna().tolist() == [value for value in values if value]


def test_capitals_of_the_standard_and_punctuation_of_windows_share_their_bytes():
    assert charmaps.decode(["B\x96 \x96 x\xb7", "\x93H\xb5\x94", "\x96"], "tcvn3") == ["BỌ \u2013 xã", "“Hà”", "\u2013"]
    assert charmaps.decode(["Nguy\xdbn \xdb", "S\xdb"], "tcvn3") == ["Nguy\xdbn \xdb", "SỒ"]
    assert charmaps.decode(["V\xa1N H\x86U", "TH\x85T"], "tcvn3", raw=False) == ["VĂN HẬU", "THẶT"]


def test_a_soft_hyphen_that_became_a_hyphen_is_a_letter_again():
    assert charmaps.decode(["ph-êng", "®-êng", "Ba-®\xd7nh", "2-3"], "tcvn3") == ["phường", "đường", "Ba-đình", "2-3"]
    assert charmaps.decode(["x∙ héi, hoμ"], "tcvn3", raw=False) == ["xã hội, hoà"]


def test_unicode_misread_as_windows_text_comes_back():
    truth = column(17, 50)
    once = [surfaces(text.encode().decode("latin-1")) for text in truth]
    done = encodings.decode_columns(pd.DataFrame({"c": once}), raw=False)
    assert done.votes["c"].encoding == "utf-8-cp1252"
    assert done.frame["c"].tolist() == truth


def test_single_texts_in_utf_16_are_read_beside_bytes():
    stored = ["Nguyễn Văn Mẫu".encode("utf-16").decode("latin-1"), encode("Thửa đất", "tcvn3")]
    assert charmaps.decode(stored, "tcvn3") == ["Nguyễn Văn Mẫu", "Thửa đất"]
    assert charmaps.decode(["Tho".encode("utf-16-be").decode("latin-1")], "utf-8") == ["Tho"]


def test_decomposed_text_is_unicode():
    truth = column(19, 60)
    done = encodings.decode_columns(pd.DataFrame({"c": [unicodedata.normalize("NFD", t) for t in truth]}), raw=False)
    assert (done.votes["c"].encoding, done.frame["c"].tolist()) == ("utf-8", truth)


def test_lost_bytes_are_marked_per_column():
    done = encodings.decode_columns(pd.DataFrame({"a": ["Th\xff\xfe1", "x"], "b": ["x", "y"]}))
    assert done.lost["a"].tolist() == ["Th\xff\xfe1"] and "b" not in done.lost
    place = Place("15670", "E2025A", "1", "EPSG:5897", None, frozenset())
    assert texts.encodings(done, "so.dbf", place)["detail"].tolist() == ["a (1): Th\\xff\\xfe1"]
    assert texts.encodings(done, "so.dbf", place, personal=["a"])["detail"].tolist() == ["a (1)"]
    assert charmaps.escape("Th\xff\u1ea5") == "Th\\xff\\u1ea5"


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=8), raw=st.booleans())
def test_no_text_breaks_the_vote_and_none_is_dropped(values, raw):
    frame = pd.DataFrame({"c": pd.Series(values, dtype="object")})
    done = encodings.decode_columns(frame, raw=raw)
    assert done.frame["c"].isna().tolist() == frame["c"].isna().tolist()
    for name in charmaps.ENCODINGS:
        assert len(charmaps.decode(values, name, raw=raw)) == len(values)
