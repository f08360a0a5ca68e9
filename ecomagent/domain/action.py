"""One typed change to the shop: target, before, after, evidence, impact, risk, verdict."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ecomagent.domain.evidence import Evidence
from ecomagent.domain.ids import content_hash, content_id


class ActionKind(StrEnum):
    """Everything the tool can do to a shop."""

    SET_PRICE = "set_price"
    START_PROMOTION = "start_promotion"
    END_PROMOTION = "end_promotion"
    START_EXPERIMENT = "start_experiment"
    LIST_PRODUCT = "list_product"
    DELIST_PRODUCT = "delist_product"
    REORDER = "reorder"
    SEND_CAMPAIGN = "send_campaign"
    UPDATE_CONTENT = "update_content"
    CREATE_BUNDLE = "create_bundle"


class Risk(StrEnum):
    """How much could go wrong; policy says which role may approve which."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Metric(StrEnum):
    """What an impact is expressed in: money in the shop's major units, counts, days."""

    REVENUE = "revenue"
    GROSS_PROFIT = "gross_profit"
    UNITS = "units"
    STOCKOUT_DAYS = "stockout_days"
    SPEND = "spend"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Quantiles(_Frozen):
    """An expected-impact interval: nine chances in ten above p10, one in ten above p90."""

    p10: Decimal
    p50: Decimal
    p90: Decimal


Impact = dict[Metric, Quantiles]


class RuleVerdict(_Frozen):
    """What one policy rule said of one action."""

    rule: str
    decision: Literal["allow", "needs_approval", "deny"]
    message: str
    clamped_from: str | None = None
    clamped_to: str | None = None


class ActionVerdict(_Frozen):
    """What policy says of one action, rule by rule; clamps are listed in the order they bound."""

    decision: Literal["allow", "needs_approval", "deny"]
    role: str | None = None
    """Role that must approve, where approval is needed."""
    rules: tuple[RuleVerdict, ...] = ()


class Reason(_Frozen):
    """Why, in words made by code from evidence, in both languages."""

    en: str
    zh: str
    evidence: tuple[str, ...] = ()
    """Ids of the evidence whose figures the words use."""
    graph_path: tuple[str, ...] = ()
    """Nodes and relations of the knowledge graph, alternating, that led here."""


class Target(_Frozen):
    """What an action changes: a SKU, a product, or a customer segment."""

    type: Literal["sku", "product", "segment"]
    id: str


# What the shop shows of a target, and what it shall show. Prices are decimals in the
# shop's currency (strings in JSON); `version` is what the connector gave on reading.


class PriceBefore(_Frozen):
    price: Decimal
    version: str


class PriceAfter(_Frozen):
    price: Decimal


class PromotionBefore(_Frozen):
    price: Decimal
    promotion_id: str | None = None
    """The promotion running now, if any."""
    discount: Decimal | None = None
    version: str


class PromotionAfter(_Frozen):
    promotion_id: str | None = None
    """The promotion that runs afterwards; none after ending one."""
    discount: Decimal | None = None
    """Fraction off the list price."""
    price: Decimal
    """What a customer pays."""


class ExperimentBefore(_Frozen):
    price: Decimal
    """The list price, which stays what it is."""
    experiment_id: str | None = None
    """The experiment on the SKU that is not over yet, if any."""
    promotion_id: str | None = None
    """The promotion that runs or is to come, if any."""
    version: str


class ExperimentBlock(_Frozen):
    """Some days at one of the prices, which one is left to chance."""

    starts_at: datetime
    ends_at: datetime
    price: Decimal


class StoppingRule(_Frozen):
    """When an experiment ends early; a look is as of a moment, by what has been sold by then."""

    looks: tuple[datetime, ...]
    information: tuple[Decimal, ...]
    """What is known at each look, as a share of what is known at the last."""
    bounds: tuple[Decimal, ...]
    """Standard errors by which the elasticity must differ from ``same_profit`` at each look."""
    error: Decimal
    """Chance, over all looks, of calling prices different that earn the same."""
    same_profit: Decimal
    """The elasticity at which both prices earn the same."""
    enough: Decimal
    """Standard error of the elasticity at which there is nothing more to learn."""
    most_lost: Decimal
    """Gross profit whose expected loss ends it."""


class ExperimentAfter(_Frozen):
    experiment_id: str
    status: Literal["scheduled", "stopped"] = "scheduled"
    blocks: tuple[ExperimentBlock, ...]
    """In order of time; those at the list price are the comparison."""
    chance: Decimal
    """With which a block got the lower price; 1 where matched SKUs are the comparison."""
    controls: tuple[str, ...] = Field(default=(), exclude_if=lambda value: not value)
    """Matched SKUs, which keep their price meanwhile; none in a switchback."""
    rule: StoppingRule | None = Field(default=None, exclude_if=lambda value: value is None)

    def holds(self, sku: str) -> tuple[str, ...]:
        """SKUs whose price must stay as it is while it runs."""
        return () if self.status == "stopped" else (sku, *self.controls)

    def tried(self, list_price: Decimal) -> tuple[ExperimentBlock, ...]:
        """Blocks at another price than the list price."""
        return tuple(block for block in self.blocks if block.price != list_price)


class StatusBefore(_Frozen):
    status: Literal["absent", "active", "draft", "archived"]
    version: str


class NewProduct(_Frozen):
    """What a shop has to know of a product that it has never had, and its first order."""

    sku: str
    title: str
    price: Decimal
    cost: Decimal
    category: str = ""
    brand: str = ""
    attributes: dict[str, str] = Field(default_factory=dict)
    supplier: str | None = None
    min_order: int | None = None
    case_pack: int | None = None
    lead_time_days: int | None = None
    first_order: int = Field(default=0, ge=0)
    """Units ordered along with the listing."""
    purchase_order_id: str = ""


class StatusAfter(_Frozen):
    status: Literal["active", "draft", "archived"]
    new: NewProduct | None = Field(default=None, exclude_if=lambda value: value is None)
    """Only where the shop has never had the product."""


class StockBefore(_Frozen):
    on_hand: int | None
    inbound: int
    version: str


class ReorderAfter(_Frozen):
    purchase_order_id: str
    quantity: int = Field(ge=0)
    """Units ordered; 0 cancels the purchase order (used by rollback)."""
    unit_cost: Decimal
    cost_total: Decimal
    supplier: str | None = None


class CampaignBefore(_Frozen):
    status: Literal["absent", "scheduled", "sent", "cancelled"] = "absent"
    version: str


class CampaignAfter(_Frozen):
    campaign_id: str
    status: Literal["scheduled", "cancelled"] = "scheduled"
    channel: Literal["email", "sms", "ads"]
    audience: int = Field(ge=0)
    """Customers contacted, hold-out not counted."""
    hold_out: Decimal = Decimal(0)
    """Fraction of the segment left alone so that the effect can be measured."""
    subject: str = ""
    body: str = ""
    skus: tuple[str, ...] = ()
    cost_total: Decimal
    audience_id: str = ""
    """Names the list of customers kept in the workspace; empty means the whole segment."""
    most_contacts: int | None = Field(default=None, ge=1)
    """Messages that anybody targeted will have had within 30 days, this one included; None where
    nobody counted."""


class ContentBefore(_Frozen):
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    version: str


class ContentAfter(_Frozen):
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()


class BundleBefore(_Frozen):
    status: Literal["absent", "active", "archived"] = "absent"
    version: str


class BundleAfter(_Frozen):
    bundle_sku: str
    status: Literal["active", "archived"] = "active"
    title: str
    components: dict[str, int]
    """SKU to units of it in one bundle."""
    price: Decimal


class ActionBase(_Frozen):
    """What every action has; one subclass a kind adds target, before and after."""

    TARGET: ClassVar[Literal["sku", "product", "segment"]] = "sku"

    id: str = ""
    kind: ActionKind
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    impact: Impact = Field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    reasons: tuple[Reason, ...] = ()
    assumptions: tuple[str, ...] = ()
    """Every figure of this action that rests on something assumed says so here."""
    risk: Risk = Risk.LOW
    verdict: ActionVerdict | None = None
    expires_at: datetime | None = None

    @property
    def target(self) -> Target:
        """What is changed."""
        return Target(type=self.TARGET, id=str(getattr(self, self.TARGET)))

    @property
    def shown_by(self) -> Target:
        """What the shop is asked for to see the change: a campaign is seen by its own id."""
        return self.target

    def content(self) -> dict[str, Any]:
        """What would be done, without why: the part that is the same in every language."""
        return self.model_dump(
            mode="json",
            include={
                "kind", "sku", "product", "segment", "before", "after", "starts_at", "ends_at"
            },
        )  # fmt: skip

    def content_id(self) -> str:
        """Id derived from what would be done."""
        return content_id("act", self.content(), digits=8)

    def hash(self) -> str:
        """Content hash of what would be done; what an approval names."""
        return content_hash(self.content())


class SetPrice(ActionBase):
    """Change the list price of a SKU."""

    kind: Literal[ActionKind.SET_PRICE] = ActionKind.SET_PRICE
    sku: str
    before: PriceBefore
    after: PriceAfter


class StartPromotion(ActionBase):
    """Sell a SKU below its list price from ``starts_at`` to ``ends_at``."""

    kind: Literal[ActionKind.START_PROMOTION] = ActionKind.START_PROMOTION
    sku: str
    before: PromotionBefore
    after: PromotionAfter


class EndPromotion(ActionBase):
    """Stop a running promotion."""

    kind: Literal[ActionKind.END_PROMOTION] = ActionKind.END_PROMOTION
    sku: str
    before: PromotionBefore
    after: PromotionAfter


class StartExperiment(ActionBase):
    """Ask one of two prices of a SKU block by block, by chance, to learn how it answers."""

    kind: Literal[ActionKind.START_EXPERIMENT] = ActionKind.START_EXPERIMENT
    sku: str
    before: ExperimentBefore
    after: ExperimentAfter


class ListProduct(ActionBase):
    """Put a product on sale, again or for the first time."""

    TARGET: ClassVar[Literal["sku", "product", "segment"]] = "product"
    kind: Literal[ActionKind.LIST_PRODUCT] = ActionKind.LIST_PRODUCT
    product: str
    before: StatusBefore
    after: StatusAfter


class DelistProduct(ActionBase):
    """Take a product off sale."""

    TARGET: ClassVar[Literal["sku", "product", "segment"]] = "product"
    kind: Literal[ActionKind.DELIST_PRODUCT] = ActionKind.DELIST_PRODUCT
    product: str
    before: StatusBefore
    after: StatusAfter


class Reorder(ActionBase):
    """Order stock of a SKU from its supplier."""

    kind: Literal[ActionKind.REORDER] = ActionKind.REORDER
    sku: str
    before: StockBefore
    after: ReorderAfter


class SendCampaign(ActionBase):
    """Contact a customer segment at ``starts_at``."""

    TARGET: ClassVar[Literal["sku", "product", "segment"]] = "segment"
    kind: Literal[ActionKind.SEND_CAMPAIGN] = ActionKind.SEND_CAMPAIGN
    segment: str
    before: CampaignBefore
    after: CampaignAfter

    @property
    def shown_by(self) -> Target:
        """The campaign rather than its segment."""
        return Target(type="segment", id=self.after.campaign_id)


class UpdateContent(ActionBase):
    """Change a product's title, description or tags."""

    TARGET: ClassVar[Literal["sku", "product", "segment"]] = "product"
    kind: Literal[ActionKind.UPDATE_CONTENT] = ActionKind.UPDATE_CONTENT
    product: str
    before: ContentBefore
    after: ContentAfter


class CreateBundle(ActionBase):
    """Offer several SKUs together under a SKU of their own (``sku`` is the bundle's)."""

    kind: Literal[ActionKind.CREATE_BUNDLE] = ActionKind.CREATE_BUNDLE
    sku: str
    before: BundleBefore
    after: BundleAfter


Action = Annotated[
    SetPrice
    | StartPromotion
    | EndPromotion
    | StartExperiment
    | ListProduct
    | DelistProduct
    | Reorder
    | SendCampaign
    | UpdateContent
    | CreateBundle,
    Field(discriminator="kind"),
]
"""Any action, told apart by ``kind``."""

ACTION_TARGETS: dict[ActionKind, Literal["sku", "product", "segment"]] = {
    model.model_fields["kind"].default: model.TARGET
    for model in (
        SetPrice, StartPromotion, EndPromotion, StartExperiment, ListProduct, DelistProduct,
        Reorder, SendCampaign, UpdateContent, CreateBundle,
    )
}  # fmt: skip
"""What each kind changes."""

ACTION: TypeAdapter[Action] = TypeAdapter(Action)
"""Reads an action back from JSON."""
