"""Why a change of rights is refused: every reason once, in both languages. None of them quotes a name or a number."""

import re
from collections.abc import Iterable
from typing import Any

from pipelines.change.request import Reason

_SHOWN = 5
"""How many rows or parcels one sentence names."""

_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{9,}(?![0-9A-Za-z])")
"""What may be an identity number: an officer may have made an id of one."""

_TEXTS = {
    "commune.unknown": (
        "Cơ sở dữ liệu chưa có xã {what}: nạp xã trước khi đăng ký biến động.",
        "The database holds no commune {what}: load it before registering changes.",
    ),
    "layer.not_here": (
        "Lớp {layer} không sửa được bằng gói biến động: bỏ nó khỏi `edits`.",
        "Layer {layer} cannot be changed by a change package: take it out of `edits`.",
    ),
    "row.unknown_column": (
        "{layer}, {what}: không có cột này trong lớp; sửa tên cột theo từ điển dữ liệu.",
        "{layer}, {what}: the layer has no such column; name it as the data dictionary does.",
    ),
    "row.bad_value": (
        "{layer}, {what}: giá trị không theo lược đồ ({rule}); sửa giá trị trong gói.",
        "{layer}, {what}: the value breaks the schema ({rule}); correct it in the package.",
    ),
    "row.no_key": (
        "{layer}, {what}: thiếu cột khóa {rule}; ghi đủ khóa của dòng.",
        "{layer}, {what}: the key column {rule} is missing; give the whole key of the row.",
    ),
    "row.twice": (
        "{layer}: các dòng {what} có nhiều hơn một lần trong gói; chỉ ghi mỗi dòng một lần.",
        "{layer}: rows {what} stand in the package more than once; name each row once.",
    ),
    "row.not_current": (
        "{layer}: các dòng {what} không có hoặc không còn hiệu lực trong xã này; lập lại gói bằng `change draft`.",
        "{layer}: rows {what} are not there or no longer current in this commune; make a new `change draft`.",
    ),
    "row.exists": (
        "{layer}: các dòng {what} đã có; dùng `set` để sửa, hoặc mã khác cho dòng mới.",
        "{layer}: rows {what} exist already; use `set` to change them, or another id for a new row.",
    ),
    "row.other_parcel": (
        "{layer}: các dòng {what} không thuộc các thửa của gói; thêm thửa của chúng vào `based_on` hoặc bỏ dòng.",
        "{layer}: rows {what} are not of the parcels of the package; add their parcels to `based_on` or drop them.",
    ),
    "row.other_commune": (
        "{layer}: các dòng {what} ghi xã hoặc kỳ địa giới khác với gói; sửa ma_xa, ky_dia_gioi.",
        "{layer}: rows {what} name another commune or era than the package; correct ma_xa, ky_dia_gioi.",
    ),
    "row.left_behind": (
        "{layer}: các dòng {what} thuộc thửa kết thúc mà không có thửa thay thế; gói phải kết thúc (`end`) chúng.",
        "{layer}: rows {what} are of a parcel that ends and has no successor; the package has to `end` them.",
    ),
    "row.points_nowhere": (
        "{layer}: các dòng {what} trỏ tới {target} đã kết thúc hoặc không có; sửa (`set`) hoặc kết thúc (`end`) chúng.",
        "{layer}: rows {what} point to a {target} that ends or is not there; `set` or `end` them.",
    ),
    "key.shared": (
        "Khóa thửa {what} đang thuộc nhiều thửa hiện hành nên không biết quyền của thửa nào; sửa trùng số trước.",
        "Parcel key {what} belongs to several current parcels, so whose rights these are is unknown; mend that first.",
    ),
    "parcel.no_right": (
        "Các thửa {what} trước có quyền, sau biến động không còn quyền nào; thêm quyền cho chúng ({law}).",
        "Parcels {what} had a right and would have none afterwards; add their rights ({law}).",
    ),
    "area.sum": (
        "{layer}: các dòng của thửa {what} cộng lại {found:.1f} m², thửa có {wanted:.1f} m²; ghi dòng cho thửa.",
        "{layer}: the rows of parcel {what} sum up to {found:.1f} m², the parcel has {wanted:.1f} m²; give its rows.",
    ),
    "area.beyond": (
        "{layer}: các dòng {what} lớn hơn diện tích của thửa; sửa diện tích.",
        "{layer}: rows {what} are larger than their parcel; correct the area.",
    ),
    "restriction.where": (
        "Hạn chế một phần {what} nằm trên thửa bị chia; gói phải ghi nó thuộc thửa nào (`end` rồi `add`).",
        "Restrictions {what} are on part of a parcel that is divided; say on which (`end` and `add`).",
    ),
    "asset.where": (
        "Tài sản {what} đứng trên thửa có nhiều thửa thay thế; ghi thua_key của thửa nhận nó (`set`).",
        "Assets {what} stand on a parcel with several successors; `set` the thua_key of the one they stand on.",
    ),
    "block": (
        "{what} đang bị ngăn chặn nên không đăng ký được loại {kind}; chờ gỡ ngăn chặn ({law}).",
        "{what}: blocked, so kind {kind} cannot be registered; wait until the block is lifted ({law}).",
    ),
    "mortgage.consent": (
        "{what} đang thế chấp: ghi văn bản đồng ý của bên nhận thế chấp (dong_y_the_chap) hoặc xóa thế chấp ({law}).",
        "{what}: mortgaged; name the mortgagee's consent (dong_y_the_chap) or end the mortgage ({law}).",
    ),
    "mortgage.not_holder": (
        "Thế chấp {what}: bên thế chấp không có quyền đối với tài sản thế chấp; sửa ben_the_chap_id ({law}).",
        "Mortgages {what}: the mortgagor holds no right in what is mortgaged; correct ben_the_chap_id ({law}).",
    ),
    "mortgage.nothing": (
        "Thế chấp {what} không còn tài sản nào; thêm dòng tai_san_bao_dam, hoặc kết thúc thế chấp ({law}).",
        "Mortgages {what} are of no asset; add rows of tai_san_bao_dam, or end the mortgage ({law}).",
    ),
    "holder.missing": (
        "{layer}: các dòng {what} không ghi chủ hoặc loại chủ; ghi loai_doi_tuong và chu_id.",
        "{layer}: rows {what} name no holder or no kind of holder; give loai_doi_tuong and chu_id.",
    ),
    "holder.fixed": (
        "{layer}: loại {kind} không sửa chủ, đối tượng của quyền {what}; kết thúc quyền cũ, thêm quyền mới ({law}).",
        "{layer}: kind {kind} does not set holder or object of rights {what}; `end` the old and `add` the new ({law}).",
    ),
    "holder.household": (
        "{layer}: các dòng {what} giao quyền cho hộ gia đình; từ {day} ghi từng cá nhân hoặc nhóm người ({law}).",
        "{layer}: rows {what} give a right to a household; since {day} name its people or a group ({law}).",
    ),
    "transfer.same_holder": (
        "Thửa, tài sản {what}: bên nhận cũng là bên giao nên không có gì chuyển; sửa chủ mới ({law}).",
        "Parcels, assets {what}: those who receive are those who give; name the new holder ({law}).",
    ),
    "transfer.nobody_receives": (
        "Thửa, tài sản {what}: có quyền kết thúc nhưng không ai nhận; thêm quyền của bên nhận ({law}).",
        "Parcels, assets {what}: a right ends and nobody receives it; add the right of the new holder ({law}).",
    ),
    "transfer.nobody_gives": (
        "Thửa, tài sản {what}: có quyền mới nhưng không ai giao; kết thúc quyền của bên giao ({law}).",
        "Parcels, assets {what}: there is a new right and nobody gives it; end the right it comes from ({law}).",
    ),
    "paper.serial": (
        "Giấy chứng nhận {what}: số phát hành hoặc ngày cấp thiếu, hay không đúng mẫu giấy của thời kỳ đó ({law}).",
        "Certificates {what}: serial or date is missing, or not of the form of its time ({law}).",
    ),
    "paper.serial_used": (
        "Giấy chứng nhận {what}: số phát hành đang là của giấy khác còn hiệu lực; kiểm tra số phát hành.",
        "Certificates {what}: the serial is that of another current certificate; check it.",
    ),
    "paper.unused": (
        "Giấy chứng nhận {what} không được quyền nào nhắc đến; ghi giay_chung_nhan_id vào quyền của nó.",
        "Certificates {what} are named by no right; put giay_chung_nhan_id into the right they are for.",
    ),
    "identity.bad": (
        "{layer}: số của các dòng {what} không đúng quy tắc, hoặc trái năm sinh, giới tính đã ghi; xem lại giấy tờ.",
        "{layer}: the numbers of rows {what} break the rules or contradict birth year or sex; look at the paper.",
    ),
    "identity.kind": (
        "{layer}: loại giấy tờ của các dòng {what} không còn dùng ở ngày đó hoặc không khớp dạng số; sửa loại giấy tờ.",
        "{layer}: the kind of paper of rows {what} is of another time, or not that of its number; correct the kind.",
    ),
    "use.unchanged": (
        "Loại CM phải đổi loai_dat của thửa và các dòng mục đích sử dụng cùng lúc; thửa {what} thì không ({law}).",
        "Kind CM has to change loai_dat of the parcel together with its uses; parcels {what} do not ({law}).",
    ),
    "use.differs": (
        "Thửa {what}: loai_dat của thửa khác các dòng mục đích sử dụng của nó; ghi cho khớp ({law}).",
        "Parcels {what}: loai_dat of the parcel differs from its rows of use; make them agree ({law}).",
    ),
    "use.not_valid": (
        "Thửa {what}: loại đất hoặc danh mục (he_loai_dat) không có hiệu lực ở ngày của biến động; sửa mã ({law}).",
        "Parcels {what}: land use or its list (he_loai_dat) is not in force on that date; correct the codes ({law}).",
    ),
    "term.not_later": (
        "Các dòng mục đích sử dụng {what}: gia hạn phải có ngay_het_han muộn hơn trước; sửa ngày ({law}).",
        "Uses {what}: an extension needs a later ngay_het_han than before; correct the date ({law}).",
    ),
}


def because(code: str, what: Iterable[str] | str = "", **values: Any) -> Reason:
    """Return a reason.

    Args:
        code: Its code.
        what: The rows or parcels it is about; of many, the first are named and the others counted.
        values: What else its sentence says.
    """
    named = what if isinstance(what, str) else _listed(list(dict.fromkeys(map(str, what))))
    vi, en = (text.format(what=named, **values) for text in _TEXTS[code])
    return Reason(code, vi, en)


def _listed(names: list[str]) -> str:
    more = f" (+{len(names) - _SHOWN})" if len(names) > _SHOWN else ""
    return _NUMBER.sub("*****", ", ".join(names[:_SHOWN])) + more
