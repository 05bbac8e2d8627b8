"""The YAML text of generated conversations and customers, written as commlog itself would write it."""

from datetime import datetime, timedelta
from random import Random

from plan import Conversation, Customer, FollowUp, Step
from vocabulary import BRANCHES, CUSTOMER_WORDS, DEPARTMENTS, MOOD_NOTES, MOODS, OUR_WORDS, PURPOSES, SATISFACTION

_START = (
    "id template customer contact agent branch direction channel channel_detail received_at started_at"
    " ended_at recorded_at purpose subject"
)
_MIDDLES = {
    "service": (
        "scenario identity_check problem request background summary dialogue mood mood_note tags"
        " response_actions collaboration solution solution_reply"
    ),
    "member": ("core_request explicit_needs implicit_needs summary dialogue mood mood_note service_impression tags"),
    "relationship": (
        "need_type urgency importance summary dialogue feedback agreements open_points mood mood_note tags"
    ),
    "visit": "visit_kind last_contact_at summary dialogue praise criticism needs mood mood_note tags",
}
_ENDS = {"visit": "outcome satisfaction next_step links followups"}
ORDERS = {
    name: (*_START.split(), *middle.split(), *_ENDS.get(name, "outcome satisfaction links followups").split())
    for name, middle in _MIDDLES.items()
}
_HEADERS = {name: f"# yaml-language-server: $schema=../../../../schemas/{name}.schema.json\n" for name in ORDERS}


def record_path(conversation: Conversation) -> str:
    """Where the record is, relative to the log."""
    day = conversation.id
    return f"records/interactions/{day[:4]}/{day[4:6]}/{day}.yaml"


def format_conversation(conversation: Conversation) -> str:
    """Give the text of the record's file."""
    dice = Random(conversation.variety)
    entries = _common(conversation, dice) | _SPECIFIC[conversation.template](conversation, dice)
    lines = [_entry(key, entries[key]) for key in ORDERS[conversation.template] if entries.get(key)]
    return _HEADERS[conversation.template] + "\n".join(lines) + "\n"


def _entry(key: str, value: str) -> str:
    return f"{key}:{value}" if value[0] == "\n" else f"{key}: {value}"


def format_customer(customer: Customer) -> str:
    """Give the text of the customer's file."""
    company = f"company: {customer.company}\n" if customer.company else ""
    return (
        "# yaml-language-server: $schema=../../schemas/customer.schema.json\n"
        f"id: {customer.id}\n"
        "template: customer\n"
        f"name: {customer.name}\n"
        f"type: {'company' if company else 'individual'}\n"
        f"{company}"
        "stage: active\n"
        f"level: {('vip', 'key', 'regular', 'regular', 'potential')[customer.number % 5]}\n"
        f"owner: {customer.owner}\n"
        "contacts:\n"
        f'  - {{name: {customer.name}, phone: "{customer.phone}", preferred_channel: phone}}\n'
        "preferred_time: 工作日晚上七点以后\n"
        "preferences: [先发短信再打电话]\n"
        f"cooperation_since: {customer.since}\n"
        "consent:\n"
        "  status: granted\n"
        f"  on: {customer.since}\n"
        "  purposes: [service, survey]\n"
        "verified_on: 2026-01-15\n"
    )


def _instant(moment: datetime) -> str:
    # Several times faster than isoformat() of an aware value, and there are a million of them.
    return (
        f"{moment.year}-{moment.month:02}-{moment.day:02}T{moment.hour:02}:{moment.minute:02}:{moment.second:02}+08:00"
    )


def _block(text: str) -> str:
    return "|\n  " + text.replace("\n", "\n  ") if "\n" in text else text


def _common(conversation: Conversation, dice: Random) -> dict[str, str]:
    topic, started_at = conversation.topic, conversation.started_at
    is_outbound = conversation.template == "visit" or dice.random() < 0.2
    has_words = dice.random() < 0.1
    return {
        "id": conversation.id,
        "template": conversation.template,
        "customer": conversation.customer.id,
        "contact": conversation.customer.name if dice.random() < 0.3 else "",
        "agent": conversation.agent,
        "branch": dice.choice(BRANCHES) if conversation.channel == "store" else "",
        "direction": "outbound" if is_outbound else "inbound",
        "channel": conversation.channel,
        "received_at": _instant(started_at - timedelta(minutes=35)) if dice.random() < 0.1 else "",
        "started_at": _instant(started_at),
        "ended_at": _instant(conversation.ended_at),
        "recorded_at": _instant(conversation.recorded_at),
        "purpose": dice.choice(PURPOSES) if is_outbound and dice.random() < 0.3 else "",
        "subject": topic.subject.format(model=conversation.model),
        "summary": topic.summary.format(order=f"A{conversation.variety % 10**6:06d}"),
        "dialogue": (
            f"\n  - {{speaker: customer, words: {dice.choice(CUSTOMER_WORDS)}}}"
            f"\n  - {{speaker: us, words: {dice.choice(OUR_WORDS)}}}"
            if has_words
            else ""
        ),
        "mood": dice.choice(MOODS) if dice.random() < 0.5 else "",
        "mood_note": dice.choice(MOOD_NOTES) if dice.random() < 0.1 else "",
        "tags": f"[{topic.tag}]" if dice.random() < 0.6 else "",
        "outcome": "follow_up" if dice.random() < 0.7 else "resolved",
        "satisfaction": dice.choice(SATISFACTION) if dice.random() < 0.4 else "",
        "links": f"\n  - {{to: {conversation.prior}, type: follows}}" if conversation.prior else "",
        "followups": "".join(
            _format_followup(number, followup) for number, followup in enumerate(conversation.followups, 1)
        ),
    }


def _service(conversation: Conversation, dice: Random) -> dict[str, str]:
    topic, is_checked = conversation.topic, dice.random() < 0.3
    day = _instant(conversation.started_at - timedelta(days=dice.randrange(1, 300)))[:10]
    order = f"{day.replace('-', '')}{dice.randrange(10**5):05}"
    entries = {
        "scenario": topic.scenario,
        "identity_check": (
            "\n  result: verified\n  by: [phone, order_no]" if is_checked else "\n  result: not_required"
        ),
        "problem": _problem(conversation, dice)
        if is_checked
        else topic.problem.partition("\n")[0].format(model=conversation.model, days=3),
        "request": _filled(topic.request, conversation, dice),
        "background": (
            f'\n  order_no: "{order}"\n  product_model: {conversation.model}\n  purchased_on: {day}'
            if is_checked
            else ""
        ),
        "response_actions": "致歉，核对记录" if dice.random() < 0.4 else "",
        "solution": topic.solution,
        "solution_reply": dice.choice(("accepted", "", "", "wants_change")),
    }
    if dice.random() < 0.1:
        entries["outcome"] = "transferred"
        department = dice.choice(DEPARTMENTS)
        entries["collaboration"] = f"\n  - {{department: {department}, ref: JS-{dice.randrange(999)}}}"
    return entries


def _member(conversation: Conversation, dice: Random) -> dict[str, str]:
    topic = conversation.topic
    return {
        "core_request": _filled(topic.request, conversation, dice),
        "explicit_needs": f"[{topic.solution}]",
        "implicit_needs": (
            "\n  - {signal: 两次问到多久能好, reading: 希望有人主动告知进度}" if dice.random() < 0.3 else ""
        ),
        "service_impression": "回应及时，但每次都要重新说明情况" if dice.random() < 0.3 else "",
        "summary": _problem(conversation, dice),
    }


def _relationship(conversation: Conversation, dice: Random) -> dict[str, str]:
    topic, first = conversation.topic, conversation.followups[0]
    due = f", due: {_instant(first.due)[:10]}" if first.due else ""
    kind = "complaint" if topic.need_type == "service_complaint" else "request"
    return {
        "need_type": topic.need_type,
        "urgency": first.priority,
        "importance": "key_project" if conversation.customer.company else "routine",
        "feedback": f"\n  - {{kind: {kind}, text: {_filled(topic.request, conversation, dice)}}}",
        "agreements": f"\n  - {{by: us, what: {topic.solution}{due}}}",
        "open_points": "[客户内部还要再商量一次]" if dice.random() < 0.4 else "",
        "summary": _problem(conversation, dice),
    }


def _visit(conversation: Conversation, dice: Random) -> dict[str, str]:
    topic = conversation.topic
    last_contact_at = conversation.started_at - timedelta(days=dice.randrange(7, 90))
    return {
        "visit_kind": dice.choice(("regular", "after_sales", "survey", "care")),
        "last_contact_at": _instant(last_contact_at) if dice.random() < 0.3 else "",
        "praise": "[上门师傅准时，讲解清楚]" if dice.random() < 0.3 else "",
        "criticism": "[回电比答应的晚]" if dice.random() < 0.3 else "",
        "needs": f"\n  - {{text: {_filled(topic.request, conversation, dice)}, priority: medium}}",
        "next_step": "follow_up_3_days",
        "summary": _problem(conversation, dice),
    }


_SPECIFIC = {"service": _service, "member": _member, "relationship": _relationship, "visit": _visit}


def _filled(text: str, conversation: Conversation, dice: Random) -> str:
    return text.format(model=conversation.model, days=dice.randrange(2, 15))


def _problem(conversation: Conversation, dice: Random) -> str:
    return _block(_filled(conversation.topic.problem, conversation, dice))


def _format_followup(number: int, followup: FollowUp) -> str:
    due = f"    due: {_instant(followup.due)}\n" if followup.due else ""
    result = f"    result: {followup.result}\n" if followup.result else ""
    history = "".join(map(_format_step, followup.history))
    return (
        f"\n  - n: {number}\n"
        f"    action: {followup.action}\n"
        f"    owner: {followup.owner}\n"
        f"    priority: {followup.priority}\n"
        f"{due}"
        f"    due_rule: {followup.due_rule}\n"
        f"    status: {followup.status}\n"
        f"{result}"
        f"    history:{history}"
    )


def _format_step(step: Step) -> str:
    note = f", note: {step.note}" if step.note else ""
    return f"\n      - {{at: {_instant(step.at)}, by: {step.by}, status: {step.status}{note}}}"
