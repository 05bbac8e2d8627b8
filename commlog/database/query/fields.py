"""The fields every query knows, whatever the templates say, with the words people use for them."""

from collections.abc import Mapping
from typing import Final

from commlog.database.query.filter import QueryField, ValueType
from commlog.records.rules.consistency import fold_text

# Name and type; the other words people use; the fields of templates that the index keeps in this column.
_TABLE: Final[tuple[tuple[str, ValueType, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("id", ValueType.NAME, ("编号", "记录编号"), ("id",)),
    ("template", ValueType.CHOICE, ("模板",), ("template",)),
    ("kind", ValueType.CHOICE, ("类型", "种类"), ()),
    ("customer", ValueType.NAME, ("客户",), ("customer",)),
    ("party", ValueType.TEXT, ("本次填写",), ("party.name",)),
    ("agent", ValueType.NAME, ("记录人", "客服"), ("agent",)),
    ("branch", ValueType.NAME, ("门店", "网点"), ("branch",)),
    ("direction", ValueType.CHOICE, ("发起方", "方向"), ("direction",)),
    ("reached", ValueType.FLAG, ("接通", "是否接通"), ("reached",)),
    ("channel", ValueType.CHOICE, ("渠道", "沟通渠道"), ("channel",)),
    ("subject", ValueType.TEXT, ("主题", "沟通主题"), ("subject",)),
    ("date", ValueType.MOMENT, ("day", "日期", "时间"), ()),
    ("recorded", ValueType.MOMENT, ("recorded_at", "录入", "录入时间"), ("recorded_at",)),
    ("mood", ValueType.CHOICE, ("情绪", "客户情绪"), ("mood",)),
    ("outcome", ValueType.CHOICE, ("结果", "处理结果"), ("outcome",)),
    ("satisfaction", ValueType.CHOICE, ("满意度", "客户满意度"), ("satisfaction",)),
    ("category", ValueType.NAME, ("分类", "类别"), ("category",)),
    ("tag", ValueType.NAME, ("tags", "标签"), ("tags",)),
    ("owner", ValueType.NAME, ("负责人", "责任人"), ("owner", "followups.owner")),
    ("priority", ValueType.NAME, ("优先级",), ("priority", "followups.priority")),
    ("status", ValueType.CHOICE, ("状态", "处理进度"), ("status", "followups.status")),
    ("due", ValueType.MOMENT, ("due_at", "期限", "截止", "到期", "截止时间", "到期时间"), ("followups.due",)),
    ("action", ValueType.TEXT, ("行动", "跟进", "跟进事项"), ("followups.action",)),
    ("n", ValueType.NUMBER, ("序号",), ("followups.n",)),
    ("thread", ValueType.RECORD, ("会话", "线索"), ()),
    ("link", ValueType.RECORD, ("links", "关联", "关联历史记录"), ("links",)),
    ("has", ValueType.PRESENCE, ("有", "含"), ()),
    ("level", ValueType.CHOICE, ("等级", "客户等级"), ("level",)),
    ("stage", ValueType.CHOICE, ("阶段", "客户阶段"), ("stage",)),
)

BUILT_IN: Final[Mapping[str, QueryField]] = {name: QueryField(name, value_type) for name, value_type, _, _ in _TABLE}

# Fields of the templates that the index keeps in a column of their own: they are asked for under that name.
COLUMN_PATHS: Final[Mapping[str, str]] = {path: name for name, _, _, paths in _TABLE for path in paths}

# The values of these fields also stand in the column `category`.
CATEGORY_PATHS: Final = frozenset({"category", "need_type", "scenario"})

OVERDUE: Final = "overdue"
NONE: Final = "none"
PENDING: Final = "pending"


def _slugs_of(words: Mapping[str, tuple[str, ...]]) -> Mapping[str, str]:
    """Word → slug, from each slug with the other words for it."""
    return {word: slug for slug, others in words.items() for word in (slug, *others)}


# Words for values that no template names.
VALUE_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": _slugs_of(
        {
            "interaction": ("沟通", "沟通记录"),
            "issue": ("问题",),
            "survey": ("评估", "满意度评估"),
            "customer": ("客户", "客户档案"),
            "answer": ("话术", "标准话术"),
        }
    ),
    "status": _slugs_of({PENDING: ("未完成", "待办")}),
    "due": _slugs_of({OVERDUE: ("逾期", "已逾期", "超期"), NONE: ("无", "没有", "不限")}),
    "has": _slugs_of(
        {
            "link": ("links", "关联"),
            "followup": ("followups", "follow_up", "follow_ups", "跟进", "后续跟进"),
            "tag": ("tags", "标签"),
            "customer": ("客户",),
            "due": ("截止",),
            "result": ("结果",),
            "attachments": ("attachment", "附件"),
            "extra": ("其他",),
        }
    ),
}
FLAG_WORDS: Final[Mapping[str, str]] = _slugs_of(
    {"true": ("yes", "y", "1", "是", "有"), "false": ("no", "n", "0", "否", "无")}
)


def plain_name(text: str) -> str:
    """Give a field's or value's name as names are compared: folded, words joined by `_`."""
    return "_".join(fold_text(text).replace("-", " ").split())


_NAMES: Final = {plain_name(word): BUILT_IN[name] for name, _, words, _ in _TABLE for word in (name, *words)}


def find_built_in(name: str) -> QueryField | None:
    """Give the built-in field of this name, in either language, or None."""
    return _NAMES.get(plain_name(name))


def built_in_names() -> tuple[str, ...]:
    """Give every plain name and label of the built-in fields."""
    return tuple(_NAMES)
