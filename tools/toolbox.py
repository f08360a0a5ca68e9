"""Every tool by name: what a planner may ask for, and all that a new tool has to be added to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tools.bundles import bundle_menu
from tools.campaign_outcome import measure_campaign
from tools.causal_effect import measure_changes
from tools.choice_model import estimate_transference
from tools.choose import choose
from tools.costs import with_assumed_cost
from tools.elasticity import estimate_elasticity
from tools.experiment import experiment_menu
from tools.experiment_look import look_at
from tools.forecast import forecast_demand
from tools.halo import measure_halo
from tools.impact import impact_after_edit
from tools.inventory import reorder_menu
from tools.learning import trust_of
from tools.lifetime_value import lifetime_values
from tools.markdown import markdown_plan
from tools.marketing import campaign_menu, segment_customers
from tools.new_products import score_new_products
from tools.price_consistency import consistent_menu
from tools.price_context import price_context
from tools.price_draws import price_draws
from tools.price_factors import price_factors
from tools.price_gate import judge_policies
from tools.pricing import price_menu, promotion_menu
from tools.promotion_depth import offer_depth
from tools.selection import assess_assortment
from tools.send_time import best_send_time
from tools.simulate import simulate_plan
from tools.uplift import learn_uplift

TOOLS: dict[str, Callable[..., Any]] = {
    "assess_assortment": assess_assortment,
    "assume_cost": with_assumed_cost,
    "best_send_time": best_send_time,
    "bundle_menu": bundle_menu,
    "campaign_menu": campaign_menu,
    "choose": choose,
    "consistent_menu": consistent_menu,
    "estimate_elasticity": estimate_elasticity,
    "estimate_transference": estimate_transference,
    "experiment_menu": experiment_menu,
    "forecast_demand": forecast_demand,
    "impact_after_edit": impact_after_edit,
    "judge_policies": judge_policies,
    "learn_uplift": learn_uplift,
    "lifetime_values": lifetime_values,
    "look_at_experiment": look_at,
    "markdown_plan": markdown_plan,
    "measure_campaign": measure_campaign,
    "measure_changes": measure_changes,
    "measure_halo": measure_halo,
    "offer_depth": offer_depth,
    "price_context": price_context,
    "price_draws": price_draws,
    "price_factors": price_factors,
    "price_menu": price_menu,
    "promotion_menu": promotion_menu,
    "reorder_menu": reorder_menu,
    "score_new_products": score_new_products,
    "segment_customers": segment_customers,
    "simulate_plan": simulate_plan,
    "trust_of": trust_of,
}
"""Name to function; its docstring is what a model reads."""
