import doctest
import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import charmaps, syllables, text

_LETTERS = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
_SENTENCES = ("Xã Thọ Bình, huyện Triệu Sơn", "Đất trồng lúa nước còn lại", "Nguyễn Thị Thuỷ", "Ủy ban nhân dân xã")


def _encode(value, encoding):
    """The way back, built from the same public tables letter by letter."""
    table, _ = charmaps._table(encoding)
    back = {letter: sequence for sequence, letter in reversed([*table.items()])}
    return "".join(back.get(letter, letter) for letter in unicodedata.normalize("NFC", value))


@pytest.mark.parametrize("encoding", ["tcvn3", "vni", "viscii", "vps"])
@settings(deadline=None)
@given(value=st.text(alphabet=_LETTERS + " 0123456789.,/-", max_size=40))
def test_a_text_in_small_letters_survives_every_legacy_encoding(encoding, value):
    assert text.decode([_encode(value, encoding)], encoding) == [value]


@pytest.mark.parametrize("encoding", ["viscii", "vps", "vni"])
@settings(deadline=None)
@given(value=st.text(alphabet=_LETTERS.upper() + " ", max_size=40))
def test_capitals_survive_where_the_encoding_has_them(encoding, value):
    assert text.decode([_encode(value, encoding)], encoding) == [value]


@settings(deadline=None)
@given(value=st.text(alphabet=_LETTERS + _LETTERS.upper() + " ", max_size=40))
def test_unicode_and_windows_1258_survive(value):
    assert text.decode([value.encode().decode("latin-1")], "utf-8") == [value]
    assert text.decode([_cp1258(value)], "cp1258") == [value]


def _cp1258(value):
    """Windows-1258 has the bases ă â ê ô ơ ư as letters and the five tones as marks after them."""
    encoded = []
    for letter in value:
        try:
            encoded.append(letter.encode("cp1258"))
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tones = [mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323"]
            base = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in tones))
            encoded.append((base + "".join(tones)).encode("cp1258"))
    return b"".join(encoded).decode("latin-1")


def test_the_soft_hyphen_of_tcvn3_is_a_letter():
    assert text.decode(["n\xad\xedc"], "tcvn3") == ["nước"]


def test_vni_has_the_letters_that_the_table_of_the_library_lacks():
    assert text.decode(["thaúng", "THAÚNG", "xaùc ñiïnh", "kî"], "vni") == ["thẳng", "THẲNG", "xác định", "kỵ"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("NGUY\xd4N TH\xde HOA", "NGUYỄN THỊ HOA"),
        ("T\xe6 5", "Tổ 5"),
        ("V\xf5 A D\xdd", "Vừ A Dí"),
        ("UBND x\xb7 TH\xe4 B\xd7NH", "UBND xã THỌ BÌNH"),
    ],
)
def test_capitals_of_tcvn3_come_back_only_where_a_word_shows_them(raw, expected):
    assert text.decode([raw], "tcvn3") == [expected]


def test_bytes_that_mean_nothing_are_marked_and_not_guessed():
    assert text.decode(["Th\xff\xfe"], "utf-8") == ["Th\ufffd\ufffd"]
    assert text.foreign(pd.Series(["Th\ufffd", "Xã Thọ", None], dtype="string")).tolist() == ["\ufffd", pd.NA, pd.NA]


def test_missing_values_and_unknown_encodings():
    assert text.decode([None, "a", None], "tcvn3") == [None, "a", None]
    assert text.decode([], "vni") == []
    with pytest.raises(KeyError):
        text.decode(["a"], "latin-9")


@pytest.mark.parametrize("encoding", ["utf-8", "tcvn3", "vni", "viscii", "vps", "cp1258"])
def test_a_column_votes_for_its_own_encoding(encoding):
    if encoding == "utf-8":
        column = [sentence.encode().decode("latin-1") for sentence in _SENTENCES]
    elif encoding == "cp1258":
        column = [_cp1258(sentence) for sentence in _SENTENCES]
    else:
        column = [_encode(sentence, encoding) for sentence in _SENTENCES]
    assert text.vote(column).encoding == encoding


def test_a_column_without_accents_is_unicode():
    vote = text.vote(["LUC", "ONT", None, "12"])
    assert (vote.encoding, vote.words) == ("utf-8", 0)


def test_unicode_texts_of_a_unicode_format_vote_for_unicode():
    assert text.vote(_SENTENCES, raw=False).encoding == "utf-8"


def test_repair_tells_decomposed_text_and_lookalikes_but_not_spaces():
    values = pd.Series([unicodedata.normalize("NFD", "Thọ Bình"), "Ðất", " a  b ", "x\u200by", None], dtype="string")
    clean, changed = text.repair(values)
    assert clean.tolist() == ["Thọ Bình", "Đất", "a b", "xy", pd.NA]
    assert changed.tolist() == [True, True, False, True, False]


def test_tones_move_to_where_official_names_have_them():
    assert text.place_tones("Hoà Thuỷ THUÝ qúy Quý hoàn già Hoá") == "Hòa Thủy THÚY quý Quý hoàn già Hóa"


def test_syllables_are_known_and_nonsense_is_not():
    known = syllables.syllables()
    assert {
        "nghiêng",
        "khuỷu",
        "quý",
        "gì",
        "giếng",
        "hoà",
        "hòa",
        "ước",
        "yên",
        "đường",
        "quyền",
        "xã",
        "thửa",
    } <= known
    assert not {"thỉa~", "bcd", "hàc", "ngt", "ưưu", "ñaát"} & known


def test_a_function_is_asked_once_for_each_different_value_and_never_for_missing_ones():
    asked = []

    def of(value):
        asked.append(value)
        return value.upper(), len(value)

    values = pd.Series(["ab", None, "c", "ab"], index=[7, 3, 5, 9], dtype="string")
    fields = text.map_fields(values, of, {"upper": "string", "length": "Int64"})
    assert asked == ["ab", "c"]
    assert fields.index.tolist() == [7, 3, 5, 9]
    assert fields["upper"].fillna("?").tolist() == ["AB", "?", "C", "AB"]
    assert fields["length"].fillna(-1).tolist() == [2, -1, 1, 2]
    assert fields.dtypes.astype(str).tolist() == ["string", "Int64"]
    one = text.map_unique(values, str.upper)
    assert (one.fillna("?").tolist(), one.index.tolist()) == (["AB", "?", "C", "AB"], [7, 3, 5, 9])
    empty = pd.Series([None, None], dtype="string")
    assert text.map_fields(empty, of, {"upper": "string", "length": "Int64"}).isna().all(axis=None)
    assert text.map_unique(empty, of).isna().all()


def test_doctests():
    assert doctest.testmod(text).failed == 0
