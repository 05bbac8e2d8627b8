"""CSV: text to rows under named columns."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from commlog.errors import InvalidError
from commlog.exchange.incoming import Row
from commlog.forms.fields import fold_label
from commlog.messages import mark, translate

_DELIMITERS: Final = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows under named columns; `rows` are read as they are asked for, once."""

    columns: tuple[str, ...]
    rows: Iterable[Row]


def read_sheet(text: str, name: str, delimiter: str = "") -> Sheet:
    """The rows of a CSV text; the delimiter is told by the header when none is given.

    Raises:
        InvalidError: there is no header, or two of its columns have one name.
    """
    # A cell may be as long as the file: what is too long for a record is said there, with its line.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _guess_delimiter(text))
    header = next((cells for cells in reader if cells), [])
    columns = tuple(
        cell.strip() or translate("column {number}").format(number=place) for place, cell in enumerate(header, start=1)
    )
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated or not header:
        raise InvalidError(
            mark("two columns have the same name: {columns}"),
            file=name,
            line=reader.line_num,
            column=1,
            columns=", ".join(repeated),
            remedy=mark("give each column of the header a different name"),
        )
    return Sheet(columns, _iter_rows(reader, columns))


def _guess_delimiter(text: str) -> str:
    header = text.lstrip().split("\n", 1)[0]
    return max(_DELIMITERS, key=header.count)


class _Reader(Protocol):
    """What csv.reader gives."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


def _iter_rows(reader: _Reader, columns: tuple[str, ...]) -> Iterator[Row]:
    last = reader.line_num
    for cells in reader:
        first, last = last + 1, reader.line_num
        if cells:
            yield _row_of(cells, columns, first, last)


def _row_of(cells: list[str], columns: tuple[str, ...], first: int, last: int) -> Row:
    fault = ""
    if len(cells) != len(columns):
        fault = translate("has {count} values, the header has {expected}").format(
            count=len(cells), expected=len(columns)
        )
        if last > first:
            fault += translate(" (lines {first} to {last}: is a quote not closed?)").format(first=first, last=last)
    elif any("\0" in cell for cell in cells):
        fault = translate("contains a NUL character")
    plain = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
    return Row(first, dict(zip(columns, plain, strict=False)), cells, fault)


# Required of a customer, yet filled in by the import itself: an individual unless the row tells of a company, active.
CUSTOMER_GIVEN: Final = frozenset({"id", "type", "stage"})
# By field, every heading that lists of customers in use have for it; a contact's own name goes before the customer's.
_HEADINGS: Final = {
    "id": "客户编号 客户id 客户编码 customer_id customer_no",
    "name": "姓名 名称 客户 客户名 客户名称 客户姓名 全称 name full_name customer customer_name",
    "aliases": "别名 简称 昵称 alias aliases nickname",
    "contacts.0.name": "联系人 联系人姓名 对接人 contact contact_name contact_person",
    "contacts.0.role": "职务 职位 岗位 role job_title position",
    "contacts.0.phone": (
        "电话 手机 手机号 手机号码 电话号码 联系电话 联系方式 联系手机 座机 phone mobile tel telephone phone_number "
        "mobile_number mobile_phone cell"
    ),
    "contacts.0.email": "邮箱 电子邮箱 邮件 邮箱地址 email e_mail mail email_address",
    "contacts.0.wecom": "微信 微信号 企业微信 wechat wecom wechat_id",
    "addresses.0.address": "地址 详细地址 联系地址 收货地址 通讯地址 address street",
    "company": "公司 公司名称 单位 工作单位 所属公司 company organisation organization employer",
    "industry": "行业 所属行业 industry",
    "level": "等级 级别 客户等级 客户级别 level",
    "labels": "标签 客户标签 labels tags",
    "owner": "客户经理 负责人 销售 归属人 owner account_manager",
    "birthday": "生日 出生日期 birthday date_of_birth",
    "membership.tier": "会员等级 tier",
    "membership.points": "积分 会员积分 points",
    "source": "来源 客户来源 渠道来源 source",
    "notes": "备注 说明 notes remark remarks comment",
}
_FIELDS: Final = {fold_label(word): path for path, words in _HEADINGS.items() for word in words.split()}
_WAYS: Final = frozenset({"contacts.0.phone", "contacts.0.email", "contacts.0.wecom", "addresses.0.address"})


def customer_field(column: str) -> str | None:
    """The dotted field of a customer that a column of this heading fills; None when no list calls a field so."""
    plain = fold_label(column.strip().strip("*：:").replace(" ", "_").replace("-", "_"))
    return _FIELDS.get(plain) or _FIELDS.get(fold_label(column))


def count_customer_columns(columns: Iterable[str]) -> int:
    """How many columns fill a field of a customer; 0 for a file that is no list of customers, without names or ways to reach them."""
    found = {field for column in columns if (field := customer_field(column))}
    return len(found) if "name" in found and found & _WAYS else 0
