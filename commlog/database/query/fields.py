"""The fields every query knows, whatever the templates say, with the words people use for them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from commlog.database.query.filter import QueryField, ValueType
from commlog.records.rules.consistency import fold_text

_TABLE: Final[tuple[tuple[str, ValueType, tuple[str, ...]], ...]] = (
    ("id", ValueType.NAME, ("编号", "记录编号")),
    ("template", ValueType.CHOICE, ("模板",)),
    ("kind", ValueType.CHOICE, ("类型", "种类")),
    ("customer", ValueType.NAME, ("客户",)),
    ("party", ValueType.TEXT, ("本次填写",)),
    ("agent", ValueType.NAME, ("记录人", "客服")),
    ("branch", ValueType.NAME, ("门店", "网点")),
    ("direction", ValueType.CHOICE, ("发起方", "方向")),
    ("reached", ValueType.FLAG, ("接通", "是否接通")),
    ("channel", ValueType.CHOICE, ("渠道", "沟通渠道")),
    ("subject", ValueType.TEXT, ("主题", "沟通主题")),
    ("date", ValueType.MOMENT, ("day", "日期", "时间")),
    ("recorded", ValueType.MOMENT, ("recorded_at", "录入", "录入时间")),
    ("mood", ValueType.CHOICE, ("情绪", "客户情绪")),
    ("outcome", ValueType.CHOICE, ("结果", "处理结果")),
    ("satisfaction", ValueType.CHOICE, ("满意度", "客户满意度")),
    ("category", ValueType.NAME, ("分类", "类别")),
    ("tag", ValueType.NAME, ("tags", "标签")),
    ("owner", ValueType.NAME, ("负责人", "责任人")),
    ("priority", ValueType.NAME, ("优先级",)),
    ("status", ValueType.CHOICE, ("状态", "处理进度")),
    ("due", ValueType.MOMENT, ("due_at", "期限", "截止", "到期", "截止时间", "到期时间")),
    ("action", ValueType.TEXT, ("行动", "跟进", "跟进事项")),
    ("n", ValueType.NUMBER, ("序号",)),
    ("thread", ValueType.RECORD, ("会话", "线索")),
    ("link", ValueType.RECORD, ("links", "关联", "关联历史记录")),
    ("has", ValueType.PRESENCE, ("有", "含")),
    ("level", ValueType.CHOICE, ("等级", "客户等级")),
    ("stage", ValueType.CHOICE, ("阶段", "客户阶段")),
)

BUILT_IN: Final[Mapping[str, QueryField]] = MappingProxyType(
    {name: QueryField(name, value_type) for name, value_type, _ in _TABLE}
)

# Fields of the templates that the index keeps in a column of their own: they are asked for under that name.
COLUMN_PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{
            name: name
            for name in (
                "id",
                "template",
                "customer",
                "agent",
                "branch",
                "direction",
                "reached",
                "channel",
                "subject",
                "mood",
                "outcome",
                "satisfaction",
                "category",
                "owner",
                "priority",
                "status",
                "level",
                "stage",
            )
        },
        "recorded_at": "recorded",
        "party.name": "party",
        "tags": "tag",
        "links": "link",
        "followups.owner": "owner",
        "followups.priority": "priority",
        "followups.status": "status",
        "followups.due": "due",
        "followups.action": "action",
        "followups.n": "n",
    }
)

# The values of these fields also stand in the column `category`.
CATEGORY_PATHS: Final = frozenset({"category", "need_type", "scenario"})

OVERDUE: Final = "overdue"
NONE: Final = "none"
PENDING: Final = "pending"

# Words for values that no template names.
VALUE_WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "kind": {
            "interaction": "interaction",
            "沟通": "interaction",
            "沟通记录": "interaction",
            "issue": "issue",
            "问题": "issue",
            "survey": "survey",
            "评估": "survey",
            "满意度评估": "survey",
            "customer": "customer",
            "客户": "customer",
            "客户档案": "customer",
            "answer": "answer",
            "话术": "answer",
            "标准话术": "answer",
        },
        "status": {"pending": PENDING, "未完成": PENDING, "待办": PENDING},
        "due": {
            "overdue": OVERDUE,
            "逾期": OVERDUE,
            "已逾期": OVERDUE,
            "超期": OVERDUE,
            "none": NONE,
            "无": NONE,
            "没有": NONE,
            "不限": NONE,
        },
        "has": {
            "link": "link",
            "links": "link",
            "关联": "link",
            "followup": "followup",
            "followups": "followup",
            "follow_up": "followup",
            "follow_ups": "followup",
            "跟进": "followup",
            "后续跟进": "followup",
            "tag": "tag",
            "tags": "tag",
            "标签": "tag",
            "customer": "customer",
            "客户": "customer",
            "due": "due",
            "截止": "due",
            "result": "result",
            "结果": "result",
            "attachment": "attachments",
            "attachments": "attachments",
            "附件": "attachments",
            "extra": "extra",
            "其他": "extra",
        },
    }
)

FLAG_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "true": "true",
        "yes": "true",
        "y": "true",
        "1": "true",
        "是": "true",
        "有": "true",
        "false": "false",
        "no": "false",
        "n": "false",
        "0": "false",
        "否": "false",
        "无": "false",
    }
)


def plain_name(text: str) -> str:
    """Give a field's or value's name as names are compared: folded, words joined by `_`."""
    return "_".join(fold_text(text).replace("-", " ").split())


_NAMES: Final = {plain_name(word): BUILT_IN[name] for name, _, words in _TABLE for word in (name, *words)}


def find_built_in(name: str) -> QueryField | None:
    """Give the built-in field of this name, in either language, or None."""
    return _NAMES.get(plain_name(name))


def built_in_names() -> tuple[str, ...]:
    """Give every plain name and label of the built-in fields."""
    return tuple(_NAMES)
