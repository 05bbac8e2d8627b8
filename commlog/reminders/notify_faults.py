"""Why a digest did not arrive: the one error of delivery."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from commlog.errors import CommlogError, ExitCode
from commlog.messages import mark, translate

PASSING: Final = mark("nothing is lost: the next run tries again")


class DeliveryError(CommlogError):
    """A digest that was not delivered: the reason is the marked message, `address` the recipient as in the settings."""

    exit_code: ClassVar[ExitCode] = ExitCode.NOT_DELIVERED

    @property
    def address(self) -> str:
        """The recipient as written in the settings, without any secret; empty when it is not known yet."""
        return str(self.facts.get("address", ""))

    @property
    def reason(self) -> str:
        """Why it was not delivered, in the language in use."""
        reason = super().message
        if self.facts.get("done"):
            return translate("{reason} (after {done} of {count} parts)").format(reason=reason, **self._parts())
        return reason

    @property
    def message(self) -> str:
        """What is wrong, in the language in use."""
        if not self.address:
            return self.reason
        return translate("not delivered to {address}: {reason}").format(address=self.address, reason=self.reason)

    def addressed(self, address: str, hide: Callable[[str], str]) -> "DeliveryError":
        """The same failure with its recipient, and without what `hide` takes out of its facts."""
        facts = {name: hide(value) if isinstance(value, str) else value for name, value in self.facts.items()}
        return self._with({**facts, "address": address})

    def after(self, done: int, count: int) -> "DeliveryError":
        """The same failure of a message in several parts, of which some had been delivered."""
        return self._with({**self.facts, "done": done, "count": count})

    def _with(self, facts: dict[str, Any]) -> "DeliveryError":
        return DeliveryError(self._message, remedy=self._remedy, **facts)

    def _parts(self) -> dict[str, object]:
        return {"done": self.facts["done"], "count": self.facts["count"]}
