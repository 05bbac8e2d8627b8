"""A first map, made from a file's header and a look at its rows, for a person to finish."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commlog.exchange.import_map import MOMENT_FORMATS, OWN_COLUMNS, parse_format, unfilled_fields
from commlog.exchange.incoming import IMPORT_KEY, Row, Sheet
from commlog.forms.catalog import Catalog, Template
from commlog.forms.fields import Field, find_field, find_value, fold_label, label, nearest
from commlog.messages import translate
from commlog.values import CUSTOMER, INTERACTION, Data
from commlog.yamltext.format import format_entry, format_flow

_SAMPLE: Final = 1000
_MOST_CHOICES: Final = 30
_UNIQUE: Final = re.compile(r"(^|[ _-])(id|no\.?|number|ticket)$|编号|单号|工单|序号", re.IGNORECASE)
_DATE_FORMATS: Final = tuple(
    f"{day}{clock}"
    for day in (
        "year-month-day",
        "year/month/day",
        "month/day/year",
        "day/month/year",
        "day.month.year",
        "year年month月day日",
    )
    for clock in ("", " hour:minute", " hour:minute:second")
)


@dataclass(frozen=True, slots=True)
class _Match:
    """A column that is written like a field, and the texts found in it."""

    column: str
    name: str
    field: Field
    texts: tuple[str, ...]


def sketch_map(sheet: Sheet, template: Template, language: str) -> str:
    """The YAML text of a map: columns that are named like a field are mapped, the rest is listed in comments."""
    rows = [row for row in itertools.islice(sheet.rows, _SAMPLE) if not row.fault]
    columns = [column for column in sheet.columns if column not in OWN_COLUMNS and column != IMPORT_KEY]
    matches = _match(columns, template, rows)
    others = [column for column in columns if column not in {match.column for match in matches}]
    parts = [
        _comment(translate("A draft of a map; docs/IMPORT.md explains every key.")),
        format_entry("template", template.name, 0),
        _dates_part(matches),
        _identity_part(columns, rows),
        format_entry("customers", {"unknown": "create"}, 0) if template.kind != CUSTOMER else "",
        _fields_part(matches),
        _missing_part(template, matches, language),
        _others_part(others, template),
        format_entry("others", "extra", 0),
    ]
    return "".join(parts)


def _match(columns: Iterable[str], template: Template, rows: list[Row]) -> list[_Match]:
    matches: dict[str, _Match] = {}
    for column in columns:
        # A customers' list calls its columns by other words than the form its fields.
        known = customer_field(column) if template.kind == CUSTOMER else None
        field = find_field(template, known or column)
        if field is None or field.key == "template" or (field.key == "id" and not known):
            continue
        if (known or field.key) in matches:
            continue
        texts = tuple(dict.fromkeys(text for row in rows if (text := row.cells.get(column, "").strip())))
        # By its key, not by the label, so that the map reads the same in either language.
        name = known or (field.key if "." not in column else column)
        matches[name] = _Match(column, name, field, texts)
    return list(matches.values())


def _comment(text: str) -> str:
    return f"# {text}\n"


def _dates_part(matches: Iterable[_Match]) -> str:
    texts = [text for match in matches if match.field.format in MOMENT_FORMATS for text in match.texts]
    found = next((name for name in _DATE_FORMATS if texts and all(_fits(text, name) for text in texts)), "")
    hint = translate(
        "how the file writes dates: year month day hour minute second; zone: its time zone; time: the time for a date without one"
    )
    example = _comment('dates: {format: month/day/year, zone: Asia/Shanghai, time: "09:00"}')
    return _comment(hint) + (format_entry("dates", {"format": found}, 0) if found else example)


def _fits(text: str, name: str) -> bool:
    try:
        datetime.strptime(text, parse_format(name))  # noqa: DTZ007 - only the form is looked at
    except ValueError:
        return False
    return True


def _identity_part(columns: Iterable[str], rows: list[Row]) -> str:
    hint = translate("the columns that identify a row, so that a second import adds nothing; without it, all columns")
    for column in columns:
        texts = [row.cells.get(column, "") for row in rows]
        if _UNIQUE.search(column) and rows and all(texts) and len(set(texts)) == len(texts):
            return _comment(hint) + format_entry("identity", [column], 0)
    return _comment(hint) + _comment("identity: []")


def _fields_part(matches: Iterable[_Match]) -> str:
    fields = {match.name: _source(match) for match in matches}
    has_gaps = any(isinstance(source, dict) and None in source["values"].values() for source in fields.values())
    hint = translate(
        "null: no choice of the form is written like this, so the word is left out; write the right choice here"
    )
    return (_comment(hint) if has_gaps else "") + format_entry("fields", fields, 0)


def _source(match: _Match) -> Data:
    field = match.field
    if not (field.enum or field.enum_labels) or len(match.texts) > _MOST_CHOICES:
        return match.column
    known = {text: find_value(field, text) for text in match.texts}
    if all(known.values()):
        return match.column
    # What has no translation yet is left to the person: null leaves the field out.
    return {"column": match.column, "values": known}


def _missing_part(template: Template, matches: Iterable[_Match], language: str) -> str:
    filled = {match.name.split(".")[0] for match in matches}
    missing = unfilled_fields(template, filled)
    if not missing:
        return ""
    hint = translate("required, but no column has this name: map a column under fields, or give a constant")
    lines = []
    for field in missing:
        choices = f": {', '.join(map(str, field.enum))}" if field.enum else ""
        lines.append(_comment(f"  {field.key}: …  # {label(field, language)}{choices}"))
    return "".join([_comment(hint), _comment("constants:"), *lines])


def _others_part(others: Iterable[str], template: Template) -> str:
    lines = []
    for column in others:
        near = nearest(column, template)
        lines.append(_comment(f"  {format_flow(column)}" + (f"  # {near}?" if near else "")))
    hint = translate("these columns are kept under extra; `others: ignore` leaves them out")
    return "".join([_comment(hint), *lines]) if lines else ""


def template_for(sheet: Sheet, catalog: Catalog, name: str) -> Template:
    """The template named for a draft of a map, else the one of which most columns have the name of a field.

    The first when several do: the customer-service form is the one most files of contacts fit; a conversation's rather
    than the customer's.

    Raises:
        NotFoundError: there is no such template.
    """
    if name:
        return catalog.get(name)
    found = [catalog.find(one) for one in dict.fromkeys(("service", *catalog.names()))]
    templates = [template for template in found if template is not None]
    conversations = [template for template in templates if template.kind == INTERACTION]
    best = max(conversations, key=lambda template: _fitting(template, sheet.columns))
    customer = next((template for template in templates if template.kind == CUSTOMER), None)
    is_list = customer is not None and count_customer_columns(sheet.columns) > _fitting(best, sheet.columns)
    return customer if customer is not None and is_list else best


def _fitting(template: Template, names: Iterable[str]) -> int:
    return sum(find_field(template, name) is not None for name in names)


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
