"""What the tests of delivery share: a digest, and a delivery with an environment of the test's own."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import pytest

from commlog.reminders.connection import DeliveryContext, DeliveryError
from commlog.reminders.deliver import deliver
from commlog.reminders.message import Message

NOW = datetime(2026, 3, 16, 10, 0, tzinfo=timezone(timedelta(hours=8)))
SERVERS = {"smtp": "$SMTP", "wecom": "$BASE", "dingtalk": "$BASE", "feishu": "$BASE", "slack": "$BASE"}


@pytest.fixture
def message() -> Message:
    """A digest in Chinese."""
    return Message("跟进提醒：2 项", "跟进提醒：2 项\n王芳 <今天> & 明天\n张伟", "<p>跟进提醒：2 项</p>", NOW)


@dataclass
class Sender:
    """Delivers to an address, and gives the failure."""

    message: Message
    variables: dict[str, str] = field(default_factory=dict)
    sender: str = ""
    seconds: float = 5.0

    def outside(self) -> DeliveryContext:
        return DeliveryContext(self.variables.get, SERVERS, self.sender, self.seconds)

    def send(self, address: str) -> None:
        deliver(address, self.message, self.outside())

    def fail(self, address: str) -> DeliveryError:
        with pytest.raises(DeliveryError) as caught:
            self.send(address)
        return caught.value


@pytest.fixture
def sender(message: Message) -> Sender:
    """A delivery whose environment is `variables`."""
    return Sender(message)
