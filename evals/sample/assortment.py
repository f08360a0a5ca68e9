"""What the sample shop sells, in the words of both languages; data, not code."""

from __future__ import annotations

from dataclasses import dataclass

Word = tuple[str, str]
"""English, Chinese."""


@dataclass(frozen=True)
class CategorySpec:
    """One category: its words, prices, and how its demand behaves.

    ``months`` holds the season's factor for January to December; ``per_degree`` is the change of
    the log demand for each degree above the season's usual temperature; prices are in yuan.
    """

    prefix: str
    name: Word
    noun: Word
    styles: tuple[Word, ...]
    materials: tuple[Word, ...]
    size_name: str
    sizes: tuple[str, ...]
    brands: tuple[str, ...]
    suppliers: tuple[str, ...]
    price: tuple[float, float]
    margin: float
    elasticity: float
    rate: float
    months: tuple[float, ...]
    per_degree: float
    lead_time_days: tuple[int, int]
    case_packs: tuple[int, ...]
    tags: tuple[str, ...]
    map_brand: str = ""
    coloured: bool = True
    bought_once_a_year: bool = False
    praise: Word = ("", "")
    blame: Word = ("", "")


COLOURS: tuple[Word, ...] = (
    ("black", "黑色"), ("white", "白色"), ("red", "红色"), ("navy", "藏青色"),
    ("green", "绿色"), ("grey", "灰色"), ("beige", "米色"), ("pink", "粉色"),
)  # fmt: skip

CATEGORIES: tuple[CategorySpec, ...] = (
    CategorySpec(
        prefix="WJ", name=("Winter jackets", "羽绒服"), noun=("jacket", "羽绒服"),
        styles=(("long", "长款"), ("short", "短款"), ("hooded", "连帽"), ("light", "轻薄"),
                ("women's", "女士"), ("men's", "男士"), ("children's", "儿童")),
        materials=(("duck down", "鸭绒"), ("goose down", "鹅绒"), ("recycled fill", "再生棉")),
        size_name="size", sizes=("S", "M", "L", "XL"),
        brands=("雪原 Xueyuan", "Northpeak", "Aurora Down"),
        suppliers=("Harbin Textiles", "Jiaxing Down"),
        price=(299, 1299), margin=0.52, elasticity=-2.1, rate=0.8,
        months=(2.3, 1.5, 0.6, 0.2, 0.08, 0.04, 0.04, 0.15, 0.6, 1.5, 2.6, 2.5), per_degree=-0.05,
        lead_time_days=(35, 60), case_packs=(5, 10), tags=("winter", "outerwear"),
        bought_once_a_year=True, praise=("very warm", "非常保暖"),
        blame=("feathers leak", "有点钻绒"),
    ),
    CategorySpec(
        prefix="MG", name=("Mugs", "马克杯"), noun=("mug", "马克杯"),
        styles=(("handmade", "手工"), ("lidded", "带盖"), ("travel", "便携"), ("large", "大容量"),
                ("espresso", "浓缩咖啡"), ("couple's", "情侣")),
        materials=(("ceramic", "陶瓷"), ("bone china", "骨瓷"), ("glass", "玻璃"),
                   ("steel", "不锈钢")),
        size_name="capacity", sizes=("120 ml", "250 ml", "350 ml", "500 ml"),
        brands=("Jingde 景德", "Bluewood", "Hearth & Cup"),
        suppliers=("Jingdezhen Kilns", "Foshan Ware"),
        price=(29, 129), margin=0.58, elasticity=-1.7, rate=1.5,
        months=(1.1, 1.0, 0.9, 0.9, 0.9, 0.9, 0.85, 0.85, 1.0, 1.05, 1.25, 1.45), per_degree=-0.006,
        lead_time_days=(10, 20), case_packs=(6, 12), tags=("kitchen", "gift"),
        praise=("keeps coffee hot", "保温效果好"), blame=("arrived chipped", "收到时有缺口"),
    ),
    CategorySpec(
        prefix="TE", coloured=False, name=("Tea", "茶叶"), noun=("tea", "茶"),
        styles=(("Longjing green", "龙井绿"), ("Pu'er", "普洱"), ("jasmine", "茉莉花"),
                ("oolong", "乌龙"), ("white peony", "白牡丹"), ("black breakfast", "早餐红")),
        materials=(("loose leaf", "散装"), ("bags", "袋泡"), ("gift tin", "礼盒")),
        size_name="weight", sizes=("50 g", "100 g", "250 g", "500 g"),
        brands=("云岭 Yunling", "Old Hill Tea", "茗香"),
        suppliers=("Yunnan Growers", "Hangzhou Tea Co"),
        price=(39, 399), margin=0.55, elasticity=-1.2, rate=1.4,
        months=(1.3, 1.0, 1.0, 1.1, 1.1, 0.9, 0.85, 0.85, 1.05, 1.0, 1.05, 1.15), per_degree=-0.004,
        lead_time_days=(7, 14), case_packs=(10, 20), tags=("food", "gift"),
        praise=("fragrant and fresh", "茶香浓郁"), blame=("stale taste", "味道不新鲜"),
    ),
    CategorySpec(
        prefix="LP", name=("Table lamps", "台灯"), noun=("table lamp", "台灯"),
        styles=(("bedside", "床头"), ("reading", "阅读"), ("dimmable", "可调光"),
                ("clip-on", "夹式"),
                ("night", "小夜")),
        materials=(("oak", "橡木"), ("metal", "金属"), ("linen", "亚麻"), ("acrylic", "亚克力")),
        size_name="height", sizes=("25 cm", "35 cm", "45 cm"),
        brands=("Lumo", "明光", "Bluewood"), suppliers=("Zhongshan Lighting", "Ningbo Home"),
        price=(79, 459), margin=0.48, elasticity=-1.8, rate=0.8,
        months=(1.05, 0.95, 0.95, 0.9, 0.9, 0.95, 0.9, 1.05, 1.2, 1.05, 1.1, 1.05), per_degree=0.0,
        lead_time_days=(18, 30), case_packs=(4, 8), tags=("home", "lighting"),
        praise=("soft light", "光线柔和"), blame=("the switch broke", "开关坏了"),
    ),
    CategorySpec(
        prefix="RS", name=("Running shoes", "跑步鞋"), noun=("running shoes", "跑步鞋"),
        styles=(("cushioned", "缓震"), ("trail", "越野"), ("racing", "竞速"), ("women's", "女士"),
                ("men's", "男士")),
        materials=(("mesh", "网面"), ("knit", "飞织"), ("waterproof", "防水")),
        size_name="size", sizes=("36", "38", "40", "42", "44"),
        brands=("Stridewell", "追风", "Kestrel"), suppliers=("Jinjiang Footwear", "Putian Shoes"),
        price=(199, 899), margin=0.46, elasticity=-2.4, rate=1.0,
        months=(0.7, 0.8, 1.15, 1.2, 1.15, 1.0, 0.9, 0.95, 1.15, 1.15, 1.05, 0.8), per_degree=0.008,
        lead_time_days=(25, 45), case_packs=(6, 12), tags=("sport",), map_brand="Kestrel",
        praise=("light on the foot", "上脚轻便"), blame=("runs small", "尺码偏小"),
    ),
    CategorySpec(
        prefix="SH", name=("Sun hats", "遮阳帽"), noun=("sun hat", "遮阳帽"),
        styles=(("wide-brim", "大檐"), ("bucket", "渔夫"), ("foldable", "可折叠"),
                ("children's", "儿童"),
                ("fishing", "钓鱼")),
        materials=(("straw", "草编"), ("cotton", "棉"), ("quick-dry", "速干")),
        size_name="size", sizes=("S", "M", "L"),
        brands=("Solara", "晴野", "Kestrel"), suppliers=("Yiwu Hats", "Jiaxing Down"),
        price=(49, 199), margin=0.6, elasticity=-1.9, rate=0.9,
        months=(0.15, 0.2, 0.5, 1.0, 1.7, 2.2, 2.4, 2.0, 1.0, 0.4, 0.2, 0.15), per_degree=0.04,
        lead_time_days=(14, 25), case_packs=(10, 20), tags=("summer", "outdoor"),
        praise=("shades well", "防晒效果好"), blame=("lost its shape", "容易变形"),
    ),
    CategorySpec(
        prefix="BP", name=("Backpacks", "背包"), noun=("backpack", "背包"),
        styles=(("school", "学生"), ("laptop", "电脑"), ("hiking", "登山"), ("mini", "迷你"),
                ("folding", "折叠")),
        materials=(("nylon", "尼龙"), ("canvas", "帆布"), ("leather", "真皮")),
        size_name="volume", sizes=("10 l", "18 l", "25 l", "40 l"),
        brands=("Trailhead", "行者", "Northpeak"), suppliers=("Baigou Bags", "Ningbo Home"),
        price=(99, 599), margin=0.5, elasticity=-1.9, rate=0.9,
        months=(0.85, 1.05, 1.0, 0.95, 0.95, 0.95, 1.1, 1.6, 1.3, 0.85, 0.95, 0.9),
        per_degree=0.004,
        lead_time_days=(20, 35), case_packs=(5, 10), tags=("travel", "school"),
        praise=("holds a lot", "容量很大"), blame=("the zip jams", "拉链不顺"),
    ),
    CategorySpec(
        prefix="SK", coloured=False, name=("Skin care", "护肤品"), noun=("face cream", "面霜"),
        styles=(("hydrating", "补水"), ("night", "晚间"), ("sensitive-skin", "敏感肌"),
                ("firming", "紧致"),
                ("SPF 30", "防晒")),
        materials=(("aloe", "芦荟"), ("rice", "大米"), ("hyaluronic", "玻尿酸"),
                   ("ceramide", "神经酰胺")),
        size_name="volume", sizes=("30 ml", "50 ml", "100 ml"),
        brands=("润颜", "Petal Lab", "Dermis+"), suppliers=("Guangzhou Cosmetics", "Seoul Labs"),
        price=(69, 369), margin=0.62, elasticity=-1.5, rate=1.2,
        months=(1.1, 1.0, 1.05, 1.0, 0.95, 1.05, 0.9, 0.9, 0.95, 1.05, 1.2, 1.1), per_degree=-0.003,
        lead_time_days=(12, 28), case_packs=(12, 24), tags=("beauty",), map_brand="Dermis+",
        praise=("skin feels soft", "皮肤很水润"), blame=("caused a rash", "用后有点过敏"),
    ),
)  # fmt: skip
