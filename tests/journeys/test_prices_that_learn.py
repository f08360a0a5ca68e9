"""A shop that learns: plans draw prices within policy, and stop by themselves where it costs."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec

import numpy as np
import pytest

from ecomagent.bootstrap import open_workspace
from ecomagent.domain.action import PriceAfter, PriceBefore, SetPrice
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.plan import Plan, Receipt, ReceiptStatus
from tools.learning_prices import KEPT, RATIOS
from tools.price_draws import draw_of

GOAL = "Grow gross profit in 4 weeks, only pricing"
PLANNED, SOON = "2026-03-03", "2026-03-20"
DRAW = "tools.price_draws.price_draws"


def learns(folder, **keys):
    """The shop's settings, with prices that learn."""
    path = folder / "ecomagent.toml"
    head = path.read_text().split("[pricing]")[0]
    lines = [f"{key} = {value}" for key, value in {"mode": '"learn"', **keys}.items()]
    path.write_text("\n".join([head, "[pricing]", *lines, ""]))


@pytest.fixture(scope="module")
def story(bundles, travels, tmp_path_factory):
    """Plans of one shop: as it is, learning, again, without budget, and after the first sold."""
    folder = tmp_path_factory.mktemp("shop")
    shop = travels(folder)
    shop.types(PLANNED, "init", ".", "--currency", "CNY", "--country", "CN")
    shop.types(PLANNED, "import", str(bundles[0]))

    def planned(day):
        return shop.types(day, "plan", GOAL, "--yes", "--json", code=3)

    told = {"optimise": planned(PLANNED)}
    learns(folder, regret=0.15)
    told |= {"learn": planned(PLANNED), "again": planned(PLANNED)}
    first = told["learn"]
    shown = next(a["id"] for a in first["actions"] if drawn(a) and drawn(a)["chance"] < 1)
    told["explained"] = shop.types(PLANNED, "explain", shown)
    learns(folder, regret=0.0)
    told["no budget"] = planned(PLANNED)
    learns(folder, regret=0.15)
    shop.types(PLANNED, "approve", first["plan_id"], "--all", "--role", "owner")
    shop.types(PLANNED, "apply", first["plan_id"])
    told["soon"] = planned(SOON)
    told["gate"] = shop.types(SOON, "prices", "judge", "--json")
    told["other goal"] = shop.types(
        SOON, "plan", "Sell more mugs in 4 weeks, only pricing", "--yes", "--json", code=None
    )
    return told


def drawn(action):
    return next((e["result"] for e in action["evidence"] if e["tool"] == DRAW), None)


def dated(action):
    return {**action, "expires_at": None}


def prices(plan):
    return {a["sku"]: a["after"]["price"] for a in plan["actions"] if a["kind"] == "set_price"}


def test_every_price_is_drawn_with_a_known_chance_inside_policy(story):
    plan = story["learn"]
    tried = [action for action in plan["actions"] if drawn(action)]

    assert len(tried) > 5 and not plan["refused"]
    for action in tried:
        assert Decimal(action["after"]["price"]) * 100 == drawn(action)["price_minor"]
        assert not any(rule["clamped_to"] for rule in action["verdict"]["rules"])
    for draw in plan["draws"]:
        chances = [each or 0.0 for each in draw["result"]["chances"]]
        assert sum(chances) == pytest.approx(1.0, abs=1e-5)
        assert chances[draw["result"]["chosen"]] == draw["result"]["chance"] > 0
        assert draw_of(draw["params"]) == draw["result"]


def test_draws_that_change_nothing_are_kept_too(story):
    stay = {}
    for name in ("learn", "soon"):
        moved = {action["sku"] for action in story[name]["actions"] if drawn(action)}
        for draw in story[name]["draws"]:
            sku, now = draw["params"]["sku"], draw["params"]["current_minor"]
            assert (sku in moved) == (draw["result"]["price_minor"] != now)
            stay[name, sku] = sku not in moved
    assert any(stay.values()) and not all(stay.values())


def test_the_same_facts_give_the_same_prices(story):
    one, again = story["learn"], story["again"]
    assert [dated(a) for a in again["actions"]] == [dated(a) for a in one["actions"]]
    assert story["again"]["draws"] == story["learn"]["draws"]
    assert prices(story["learn"]) != prices(story["optimise"])


def test_without_a_budget_of_regret_every_sku_gets_its_best_price(story):
    plan = story["no budget"]

    assert not [d for d in plan["draws"] if d["result"]["regret_minor"] > 0]
    free = {d["params"]["sku"] for d in plan["draws"]}
    best = {sku: price for sku, price in prices(story["optimise"]).items() if sku not in free}
    assert {sku: price for sku, price in prices(plan).items() if sku not in free} == best
    assert any("budget of regret leaves no price to try" in note for note in plan["notes"])


def test_trying_uses_up_the_month_s_budget(story):
    first = {d["params"]["sku"]: d for d in story["learn"]["draws"]}
    later = {d["params"]["sku"]: d["params"]["left_minor"] for d in story["soon"]["draws"]}
    spent = [sku for sku in first if first[sku]["result"]["regret_minor"] > 0]

    assert spent
    capped = [sku for sku in spent if sku not in later]
    assert capped or any(later[sku] < first[sku]["params"]["left_minor"] for sku in spent)


def test_a_drawn_price_is_explained(story):
    assert "Drawn by chance (" in story["explained"]
    assert "it is expected to cost" in story["explained"]
    assert DRAW in story["explained"]


def test_few_choices_decide_nothing(story):
    gate = story["gate"]

    assert gate["live"] == "learn"
    assert all(not each["reliable"] for each in gate["gains"])
    assert "no drawn price has been asked for long enough" in gate["why_en"]


def test_goals_that_are_not_counted_in_profit_try_no_prices(story):
    assert not story["other goal"]["draws"]
    assert any("No prices are tried for this goal" in n for n in story["other goal"]["notes"])


# A shop with eight weeks of drawn prices on file: the low one earns ``better`` times the high one.

LOW, FIRST, WEEKS, SKUS = 2, date(2026, 1, 5), 8, 40
PRICE = {LOW: 9500, KEPT: 10000}
NOW = "2026-03-05"


def trying_shop(folder, shop, better, *, challenger=False, database=""):
    """Imports its sales, and puts the plans that drew its prices on file."""
    rng = np.random.default_rng(5)
    chosen = np.where(rng.random((SKUS, WEEKS)) < 0.5, LOW, KEPT)
    shop.types(NOW, "init", ".", "--currency", "GBP", "--country", "GB",
               *(["--database-url", database] if database else []))  # fmt: skip
    shop.types(NOW, "import", str(_files(folder, chosen, better, rng)))
    learns(folder)
    workspace = open_workspace(folder)
    if challenger:
        workspace.paths.models.mkdir(parents=True, exist_ok=True)
        workspace.paths.challenger.write_bytes(b"a policy that cuts prices")
    name = workspace.services.gatekeeper().challenger
    for week in range(WEEKS):
        before = chosen[:, week - 1] if week else np.full(SKUS, KEPT)
        _plan(workspace, week, before, chosen[:, week], name)
    return workspace


def _files(folder, chosen, better, rng):
    bundle = folder / "bundle"
    bundle.mkdir()
    skus = [f"S{number:02d}" for number in range(SKUS)]
    days = [FIRST + timedelta(days=day) for day in range(7 * WEEKS)]
    mean = {KEPT: 6.0, LOW: 6.0 * better * 4000 / 3500}
    orders, prices = [], []
    for row, sku in enumerate(skus):
        for week in range(WEEKS):
            prices.append((sku, PRICE[chosen[row, week]] / 100, days[7 * week], "list"))
        for day, when in enumerate(days):
            option = chosen[row, day // 7]
            count = rng.poisson(mean[option])
            if count:
                orders.append((f"O{row}-{day}", 1, sku, count, PRICE[option] / 100,
                               f"{when}T12:00:00Z"))  # fmt: skip
    _write(bundle / "products.csv", "sku title category cost price currency first_seen status",
           [(sku, f"Thing {sku}", "Things", 60, 100, "GBP", "2025-01-01", "active")
            for sku in skus])  # fmt: skip
    _write(bundle / "costs.csv", "sku cost from", [(sku, 60, FIRST) for sku in skus])
    _write(bundle / "prices.csv", "sku price from kind", prices)
    _write(bundle / "orders.csv", "order_id line_id sku quantity unit_price ordered_at", orders)
    return bundle


def _write(path, header, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split())
        writer.writerows(rows)


def _plan(workspace, week, before, chosen, challenger):
    """A plan made and applied on the eve of a week, as the road would have left it."""
    moment = datetime(2026, 1, 4, 12, tzinfo=UTC) + timedelta(days=7 * week)
    made = [_draw(f"S{row:02d}", PRICE[before[row]], int(chosen[row]), challenger)
            for row in range(SKUS)]  # fmt: skip
    moved = [draw for draw in made if draw.result["price_minor"] != draw.params["current_minor"]]
    actions = [_action(draw) for draw in moved]
    plan = Plan.model_validate(
        {
            "shop": {"id": workspace.settings.shop.id, "name": "", "currency": "GBP",
                     "connector": "local"},
            "created_at": moment, "as_of": moment, "goal": {"text": GOAL, "language": "en"},
            "base": {"serial": week, "state_hash": ""}, "policy_hash": "", "planner": "rules",
            "actions": actions, "draws": made, "verdict": {"decision": "allow"},
            "applyable": True, "expires_at": moment,
        }
    ).sealed()  # fmt: skip
    workspace.repository.save_plan(plan)
    for action in plan.actions:
        workspace.repository.finish(
            Receipt(plan_id=plan.plan_id, action_id=action.id, status=ReceiptStatus.APPLIED,
                    idempotency_key=f"{plan.plan_id}/{action.id}", intended_at=moment,
                    finished_at=moment, after_seen={"price": str(action.after.price)})
        )  # fmt: skip


def _draw(sku, current, chosen, challenger):
    def by_option(low, kept):
        return [{LOW: low, KEPT: kept}.get(place) for place in range(len(RATIOS))]

    return Evidence.of(
        DRAW,
        params={"sku": sku, "current_minor": current, "horizon_days": 28, "cost_minor": 6000,
                "elasticity": -2.0, "std_error": 0.7, "mean_per_day": 6.0, "stock": None,
                "prices_minor": by_option(PRICE[LOW], PRICE[KEPT]), "challenger_name": challenger},
        result={"price_minor": PRICE[chosen], "chosen": chosen, "best": KEPT,
                "regret_minor": 0.0, "chances": by_option(0.5, 0.5),
                "thompson": by_option(0.5, 0.5), "expected_minor_per_day": by_option(2.4e4, 2.4e4),
                "challenger": by_option(0.98, 0.02) if challenger else None},
    )  # fmt: skip


def _action(draw):
    action = SetPrice(
        sku=draw.params["sku"],
        before=PriceBefore(price=Decimal(draw.params["current_minor"]) / 100, version="1"),
        after=PriceAfter(price=Decimal(draw.result["price_minor"]) / 100),
        evidence=(draw,),
    )
    return action.model_copy(update={"id": action.content_id()})


def test_prices_that_earn_less_are_given_up_until_somebody_starts_again(travels, tmp_path):
    shop = travels(tmp_path)
    trying_shop(tmp_path, shop, better=0.8)

    plan = shop.types(NOW, "plan", GOAL, "--yes", "--json", code=None)
    gate = shop.types(NOW, "prices", "judge", "--json")
    screen = shop.types(NOW, "prices", "judge")
    log = shop.types(NOW, "audit", "show", "--json")
    shop.types(NOW, "prices", "judge", "--restart")
    again = shop.types(NOW, "plan", GOAL, "--yes", "--json", code=None)

    assert not plan["draws"]
    assert any("Prices are not tried any more" in note for note in plan["notes"])
    assert gate["live"] == "optimise" and gate["choices"] > 100
    learn = next(each for each in gate["gains"] if each["policy"] == "learn")
    lost = 0.5 * (0.8 - 1) * 6 * 40  # in half the weeks, of six units a day with £40 on each
    assert float(learn["gain"]["low"]) < lost < float(learn["gain"]["high"]) < 0
    assert "Live: the best prices as far as is known" in screen and "IPS" in screen
    assert [each["event"] for each in log].count("prices.judged") == 1
    assert again["draws"]


def test_prices_are_judged_on_postgresql_too(travels, tmp_path, pg_database):
    shop = travels(tmp_path)
    trying_shop(tmp_path, shop, better=0.8, database=pg_database)

    gate = shop.types(NOW, "prices", "judge", "--json")

    assert gate["live"] == "optimise"
    assert "where trying may cost" in gate["why_en"]


@pytest.mark.parametrize(
    ("better", "known", "live"),
    [(1.3, True, "challenger"), (1.3, False, "learn"), (1.0, True, "learn")],
)
def test_a_challenger_is_let_in_by_strong_evidence_only(travels, tmp_path, better, known, live):
    shop = travels(tmp_path)
    workspace = trying_shop(tmp_path, shop, better, challenger=known)
    if not known:  # one that no plan has noted the prices of
        workspace.paths.models.mkdir(parents=True, exist_ok=True)
        workspace.paths.challenger.write_bytes(b"a policy trained since")

    gate = shop.types(NOW, "prices", "judge", "--json")

    assert gate["live"] == live, gate["gains"]
    assert ("nothing in" in gate["why_en"]) == (live == "learn")
    assert ("challenger" in {each["policy"] for each in gate["policies"]}) == known


def test_a_challenger_that_was_trained_anew_has_to_prove_itself_again(travels, tmp_path):
    shop = travels(tmp_path)
    workspace = trying_shop(tmp_path, shop, 1.3, challenger=True)
    assert shop.types(NOW, "prices", "judge", "--json")["live"] == "challenger"
    if find_spec("stable_baselines3") is None:
        plan = shop.types(NOW, "plan", GOAL, "--yes", "--json", code=None)
        assert any("The challenger needs the extra `rl`" in note for note in plan["notes"])
        assert not any(draw["params"]["live"] for draw in plan["draws"])

    workspace.paths.challenger.write_bytes(b"another one")

    assert shop.types(NOW, "prices", "judge", "--json")["live"] == "learn"


def test_training_needs_plans_that_drew_prices(travels, tmp_path):
    shop = travels(tmp_path)
    shop.types(NOW, "init", ".", "--currency", "GBP", "--country", "GB")

    said = shop.types(NOW, "prices", "train", "--json", code=1)

    assert "no plan has drawn prices" in said["error"] and "learn" in said["remedy"]


def test_a_trained_challenger_is_asked_beside_the_draws(travels, tmp_path):
    shop = travels(tmp_path)
    trying_shop(tmp_path, shop, better=1.0)
    train = ("prices", "train", "--steps", "2000", "--json")
    if find_spec("stable_baselines3") is None:
        assert "ecomagent[rl]" in shop.types(NOW, *train, code=1)["remedy"]
        return

    trained = shop.types(NOW, *train)
    plan = shop.types(NOW, "plan", GOAL, "--yes", "--json", code=None)

    assert trained["skus"] == SKUS
    for draw in plan["draws"]:
        assert draw["params"]["challenger_name"] == trained["challenger"]
        asked = [each or 0.0 for each in draw["result"]["challenger"]]
        assert sum(asked) == pytest.approx(1.0, abs=1e-5)
        assert draw["result"]["chances"] == draw["result"]["thompson"]
