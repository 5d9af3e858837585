"""Rulesets of a program file: which events get what.

Belongs here: what one key may hold, alone. Not here: what keys mean together (`checks`), what a
condition may say (`conditions`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from loyalty_pipeline.program.base import Identifier, Part, TierName

EventName = Literal[
    "transaction",
    "registration",
    "customer_update",
    "scan",
    "claim",
    "delayed_accrual",
    "cycle_close",
]
ConditionText = Annotated[str, Field(min_length=1, max_length=2000)]


class Action(Part):
    """One thing that happens where a rule's condition holds; exactly one key."""

    allocate: Identifier | None = Field(None, description="A strategy: award its points.")
    multiply: Identifier | None = Field(None, description="A multiplier: a promotion.")
    set_tier: TierName | None = Field(None, description="The partner's tier from here on.")
    upgrade_tier: TierName | None = Field(None, description="The same, never to a lower one.")
    coupon: Identifier | None = Field(None, description="Issue one of these coupons.")
    message: Identifier | None = Field(None, description="Write this message.")
    forward: Identifier | None = Field(None, description="Pass the event to another ruleset.")
    accrue: Literal[True] | None = Field(
        None, description="Release the promise; only in delayed_accrual."
    )

    @property
    def kind(self) -> str:
        """The one key that is given."""
        return next(iter(self.model_dump(exclude_none=True)), "")


class Rule(Part):
    """A condition and what happens where it holds."""

    id: Identifier = Field(description="Stays when the rule is reworded; allocations name it.")
    when: ConditionText = Field(description='A condition, like "amount >= 100", or "true".')
    then: tuple[Action, ...] = Field(min_length=1, description="What happens, in this order.")


class Ruleset(Part):
    """The rules of an event, or a set that rules forward to."""

    event: EventName | None = Field(None, description="The event; not in sets forwarded to.")
    id: Identifier | None = Field(None, description="The name of a set that is forwarded to.")
    unroll: Literal["lines", "tenders"] | None = Field(
        None, description="Rules see each line, or each payment; only in sets forwarded to."
    )
    use_proportions: bool = Field(
        False, description="Split the document's points over its lines by their amounts."
    )
    match: Literal["first", "all"] = Field(
        description="Only the first rule whose condition holds, or every one."
    )
    rules: tuple[Rule, ...] = Field(min_length=1, description="The rules, in their order.")

    @property
    def messages(self) -> frozenset[str]:
        """The messages that its rules send."""
        return frozenset(
            action.message for rule in self.rules for action in rule.then if action.message
        )

    @property
    def name(self) -> str:
        """What it is called: its own name, else the event's."""
        return self.id or str(self.event)
