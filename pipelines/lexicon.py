"""Words that Vietnamese registers are full of, to weigh two readings of a text against each other."""

import re
import unicodedata
from functools import cache

import schemas
from pipelines.syllables import syllables

_WORD = re.compile(r"[^\W\d_]+")
_NAMES = """
    nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đào đoàn vương trịnh đinh lâm phùng mai tô
    trương cao hà lương tạ quách thái tống mạc triệu vừ giàng thào sùng lò hờ vàng lữ cầm vi ngân văn thị đức hữu ngọc
    xuân thu minh hùng dũng thúy thuý hằng hạnh lan huệ cúc hồng tuấn hải sơn bình tâm tám năm bảy chín thành tiến thắng
    quân long phượng yến oanh loan liên nhung thảo hiền hòa hoà bích diệu quỳnh trâm đạt khánh kiên quý toàn trọng
    ông bà hộ và của các không có được theo đến từ ngày tháng năm số tờ thửa đất diện tích địa chỉ chủ sử dụng giấy
    chứng nhận quyền tổng cộng họ tên loại ở tại nông thôn xã huyện tỉnh phường thị trấn thôn xóm đội khu phố nhà nước
    tý tú tí mỹ kỳ lữ vượng lượng thưởng ước út nghĩa cường đông giang hào hậu hiệp khải khôi kiệt lộc lợi luận lực
    mạnh nghị nhã nhật phát phú phúc quảng quyết sáng sỹ tài tấn thạch thắm thìn thịnh thoa thuận thủy thuỷ thư tình
    tĩnh tỵ vinh vỹ đính điệp chiến chính chung công cương duy duyên hạ hiếu hoàn hường khoa lễ lệ luyện lý
    nữ nam chồng vợ con cháu xứ đồng tiền thuế đơn vị tính kế hoạch ghi chú người lập biểu trưởng phòng ủy ban nhân dân
    cộng hòa hoà hội chủ nghĩa việt độc lập tự hạnh phúc bảng thống kê danh sách đăng ký mục đích thời hạn nguồn gốc
    """


@cache
def lexicon() -> frozenset[str]:
    """Return words, in lower case, that Vietnamese registers are full of: names of units, people, codes and columns."""
    lists = [schemas.codelist(name) for name in schemas.codelists()]
    names = [text for rows in lists for column in ("name_vi", "name") if column in rows for text in rows[column]]
    words = {word.lower() for text in names for word in _WORD.findall(unicodedata.normalize("NFC", text))}
    return frozenset((words & syllables()) | set(_NAMES.split()))
