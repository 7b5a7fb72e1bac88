"""Layouts offices use: where the heading stands, what repeats it, what ends a table, what belongs together."""

import openpyxl
import pandas as pd
import pytest

import schemas
from pipelines import registers
from pipelines.registers import headings

PROFILE = schemas.source("dgn_tt26_2024")["register"]
FORM = schemas.source("dxf_pl3_01")["register"]
PAGE = ["STT", "Tờ bản đồ", "Số thửa", "Diện tích (m2)", "Loại đất", "Tên chủ sử dụng"]


def row(number, name="Nguyễn Văn Mẫu", sheet="12"):
    return [str(number), sheet, str(number), "120,5", "ONT", name]


def read(tmp_path, rows, profile=PROFILE, **more):
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    book.save(tmp_path / "so.xlsx")
    return registers.read(tmp_path / "so.xlsx", source="so.xlsx", encoding="utf-8", register=profile, **more)


def test_signatures_hamlets_and_totals_are_counted_and_no_records(tmp_path):
    rows = [
        ["UBND XÃ MẪU"], ["SỔ MỤC KÊ ĐẤT ĐAI"], [], PAGE, ["Thôn:", "Đông Mẫu"], row(1), row(2),
        ["", "Cộng trang", "", "241"],
        ["Xóm 3"], row(3), ["", "Lũy kế", "", "361,5"], [],
        [None, None, None, None, "Mẫu, ngày 05 tháng 6 năm 2010"],
        [None, "Người lập biểu", None, None, "CHỦ TỊCH"],
        [None, "(Ký, ghi rõ họ tên)", None, None, "(Ký tên, đóng dấu)"],
        [None, "Trần Thị Mẫu", None, None, "Lê Văn Mẫu"],
    ]  # fmt: skip
    found = read(tmp_path, rows)
    assert found.rows["so_thu_tu_thua"].tolist() == ["1", "2", "3"]
    assert (found.totals, found.headings) == (2, 6)


def test_records_go_on_after_a_signature_in_the_middle(tmp_path):
    rows = [PAGE, row(1), [None, "Người lập", None, None, "Thủ trưởng"], [None, "A B", None, None, "C D"], PAGE, row(2)]
    assert read(tmp_path, rows).rows["so_thu_tu_thua"].tolist() == ["1", "2"]


def test_tables_with_different_headings_in_one_sheet(tmp_path):
    other = ["Số thửa", "Tên chủ sử dụng", "Số tờ", "Mục đích sử dụng", "Diện tích"]
    rows = [
        PAGE,
        row(1),
        row(2),
        [],
        ["Biểu 2: đất nông nghiệp"],
        other,
        ["7", "Lê Văn Mẫu", "3", "LUC", "500"],
        PAGE,
        row(9),
    ]
    found = read(tmp_path, rows)
    assert found.rows[["so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat_1", "ho_ten"]].to_numpy().tolist() == [
        ["12", "1", "ONT", "Nguyễn Văn Mẫu"], ["12", "2", "ONT", "Nguyễn Văn Mẫu"],
        ["3", "7", "LUC", "Lê Văn Mẫu"], ["12", "9", "ONT", "Nguyễn Văn Mẫu"],
    ]  # fmt: skip
    assert found.rows["row_id"].is_unique


def test_a_heading_of_two_rows_repeated_on_every_page(tmp_path):
    top = ["STT", "Vị trí", None, "Loại đất 1", None, "Loại đất 2", None, "Họ và tên"]
    low = [None, "Tờ bản đồ", "Số thửa", "Loại đất", "Diện tích", "Loại đất", "Diện tích", None]
    data = ["1", "12", "345", "ONT", "200", "CLN", "100", "Nguyễn Văn Mẫu"]
    found = read(tmp_path, [top, low, data, top, low, ["2", "12", "346", *data[3:]]])
    wanted = ["so_thu_tu_thua", "loai_dat_1", "dien_tich_1", "loai_dat_2", "dien_tich_2", "ho_ten"]
    assert found.rows[wanted].to_numpy().tolist() == [["345", *data[3:]], ["346", *data[3:]]]


@pytest.mark.parametrize(
    "names",
    [
        [
            "Loại đất 1",
            "Diện tích",
            "Thời hạn",
            "Loại đất 2",
            "Diện tích",
            "Thời hạn",
            "Loại đất 3",
            "Diện tích",
            "Thời hạn",
        ],
        ["Loại đất", "Diện tích", "Thời hạn"] * 3,
    ],
)
def test_areas_stand_with_the_land_use_left_of_them(tmp_path, names):
    data = ["ONT", "200", "Lâu dài", "CLN", "100", "50 năm", "NTS", "30", "20 năm"]
    found = read(tmp_path, [["Số tờ", "Số thửa", "Diện tích", *names], ["1", "2", "330", *data]]).rows.iloc[0]
    parts = [f"{part}_{use}" for use in "123" for part in ("loai_dat", "dien_tich", "thoi_han")]
    assert found[["dien_tich", *parts]].tolist() == ["330", *data]
    found = read(tmp_path, [["Số tờ", "Số thửa", *names], ["1", "2", *data]]).rows.iloc[0]
    assert found[parts].tolist() == data
    assert pd.isna(found["dien_tich"])


def form_rows(names, letters, values):
    return [["Mẫu PL3-01"], [], [], [], ["STT", *names], ["A", *letters], ["1", *values]]


def test_the_form_with_a_column_or_a_row_put_in(tmp_path):
    form = schemas.codelist("campaign_pl3_01")
    names, letters = form["name_vi"].tolist(), form["code"].tolist()
    by_letter = {
        "B": "15712",
        "C": "BA 123456",
        "H": "Nguyễn Văn Mẫu",
        "V": "3",
        "W": "17",
        "Y": "120.5",
        "Z": "ONT",
        "AE": "CLN",
    }
    values = [by_letter.get(letter) for letter in letters]
    wanted = [
        "ma_xa",
        "so_phat_hanh",
        "ho_ten",
        "so_hieu_to_ban_do",
        "so_thu_tu_thua",
        "dien_tich",
        "loai_dat_1",
        "loai_dat_2",
    ]
    plain = read(tmp_path, form_rows(names, letters, values), FORM)
    assert plain.rows[wanted].iloc[0].tolist() == list(by_letter.values())
    moved = form_rows([*names[:10], "Ghi chú của xã", *names[10:]], [*letters, "AY"], [*values[:10], "x", *values[10:]])
    found = read(tmp_path, moved, FORM)
    assert found.rows[wanted].iloc[0].tolist() == list(by_letter.values())
    assert found.extra["other_columns"]["Ghi chú của xã"].tolist() == ["x"]
    lower = [["UBND xã"], ["Biểu"], *form_rows(names, letters, values)]
    assert read(tmp_path, lower, FORM).rows[wanted].to_numpy().tolist() == [list(by_letter.values())]


def test_columns_the_form_has_and_no_table_are_kept_beside(tmp_path):
    form = schemas.codelist("campaign_pl3_01")
    values = ["x" if column == "" else None for column in form["column"]]
    values = [{"V": "3", "W": "17"}.get(code, value) for code, value in zip(form["code"], values, strict=True)]
    found = read(tmp_path, form_rows(form["name_vi"].tolist(), form["code"].tolist(), values), FORM)
    kept = set(found.extra["other_columns"].columns)
    assert set(form.loc[form["column"] == "", "name_vi"]) <= kept


def test_a_person_says_what_a_column_is(tmp_path):
    rows = [["Cột A", "Cột B", "Loại đất", "Tên chủ"], ["12", "345", "ONT", "A B"]]
    with pytest.raises(registers.HeadingError):
        read(tmp_path, rows)
    found = read(
        tmp_path, rows, columns={"Cột A": "so_hieu_to_ban_do", "Cột B": "so_thu_tu_thua", "Tên chủ": "dia_chi"}
    )
    assert found.rows[["so_hieu_to_ban_do", "so_thu_tu_thua", "dia_chi"]].iloc[0].tolist() == ["12", "345", "A B"]
    assert found.rows["ho_ten"].isna().all()


def test_a_sheet_number_is_proposed_from_names_and_used_when_declared(tmp_path):
    told = headings.sheet_number(
        {"file": "So_muc_ke_To_12.xlsx", "sheet": "Tờ số 7a", "title": "BẢN ĐỒ ĐỊA CHÍNH TỜ BẢN ĐỒ SỐ: 03"}
    )
    assert [item.name for item in told] == ["12", "7a", "3"]
    assert headings.sheet_number({"file": "tong_hop_2010.xlsx"}) == []
    rows = [["Số thửa", "Loại đất", "Tên chủ"], ["345", "ONT", "A B"]]
    assert read(tmp_path, rows).rows["so_hieu_to_ban_do"].isna().all()
    assert read(tmp_path, rows, sheet_number="12").rows["so_hieu_to_ban_do"].tolist() == ["12"]


def test_unknown_headings_are_proposed_by_name_and_by_what_stands_below():
    names = ["SốTờ BĐ.", "Mã số thửa mới", "Serial", "QQ", "Chủ đất", "Số căn cước", "Quê quán", "Kích thước"]
    rows = [
        [str(n // 10 + 1), str(n * 7 % 50 + 1), f"BA {100000 + n}", "ONT" if n % 3 else "LUC",
         ["Nguyễn Văn Mẫu", "Trần Thị Mẫu", "Lê Văn Mẫu"][n % 3], f"038085{n:06}", "Thôn 5, xã Mẫu", f"{n + 20},5"]
        for n in range(40)
    ]  # fmt: skip
    grid = pd.DataFrame([["SỔ"] + [None] * 7, names, *rows], dtype=object)
    found = {item.name: (item.canonical, item.evidence.split(":")[0]) for item in headings.propose(grid, PROFILE)}
    assert found["Serial"][0] == "so_phat_hanh"
    assert found["QQ"] == ("loai_dat_1", "content")
    assert found["Chủ đất"] == ("ho_ten", "content")
    assert found["Số căn cước"][0] == "so_giay_to"
    assert found["Quê quán"] == ("dia_chi", "content")
    assert found["Kích thước"] == ("dien_tich", "content")
    assert found["SốTờ BĐ."][0] == "so_hieu_to_ban_do"
    assert found["Mã số thửa mới"][0] == "so_thu_tu_thua"


def test_a_known_heading_is_proposed_with_certainty():
    grid = pd.DataFrame([PAGE, *(row(n) for n in range(1, 9))], dtype=object)
    found = headings.propose(grid, PROFILE)
    assert {item.canonical: item.score for item in found if item.score == 1.0}.keys() == {
        "so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich", "loai_dat_1", "ho_ten",
    }  # fmt: skip
    assert headings.propose(pd.DataFrame(dtype=object), PROFILE) == []
