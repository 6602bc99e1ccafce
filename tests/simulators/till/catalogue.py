"""What the convenience store sells: packaged goods with barcodes, and a few weighed items.

Names are generic and makers invented. Rates are the mainland's: 13 % on most goods, 9 % on
farm produce, fresh milk, grain and books.
"""

from tests.simulators.till.facts import Item
from tests.simulators.till.gtin import chinese_gtin
from tests.simulators.till.vocabulary import CodeKind, Deal, Unit

_HALF = Deal.SECOND_HALF_PRICE
_STALE = Deal.NEAR_EXPIRY

# name, shelf price in fen, member price in fen, tax %, promotion
_Row = tuple[str, int, int | None, int, Deal | None]
_PACKAGED: dict[str, tuple[_Row, ...]] = {
    "饮料": (
        ("矿泉水550ml", 200, None, 13, None),
        ("无糖乌龙茶500ml", 500, 450, 13, _HALF),
        ("茉莉花茶500ml", 450, None, 13, _HALF),
        ("可乐330ml罐装", 300, 280, 13, None),
        ("电解质水500ml", 600, 550, 13, None),
        ("冰美式咖啡270ml", 990, 890, 13, _HALF),
        ("椰子水350ml", 850, None, 13, None),
        ("苏打气泡水480ml", 550, 500, 13, _HALF),
    ),
    "乳品": (
        ("鲜牛奶950ml", 1590, 1490, 9, None),
        ("鲜牛奶250ml", 680, None, 9, _STALE),
        ("风味酸奶100g×8", 1680, 1580, 13, None),
        ("希腊酸奶200g", 1280, 1180, 13, _STALE),
    ),
    "早餐": (
        ("鲜肉包", 250, None, 13, None),
        ("香菇青菜包", 200, None, 13, None),
        ("豆浆400ml", 350, 300, 13, None),
        ("茶叶蛋", 200, None, 13, None),
        ("全麦吐司400g", 1150, 1050, 13, _STALE),
        ("金枪鱼三明治", 1380, 1280, 13, _STALE),
    ),
    "鲜食": (
        ("照烧鸡腿便当", 1880, 1780, 13, _STALE),
        ("黑椒牛柳饭", 2180, None, 13, _STALE),
        ("鸡胸肉沙拉", 2290, 2090, 13, _STALE),
        ("三文鱼饭团", 790, 690, 13, None),
        ("关东煮萝卜", 350, None, 13, None),
        ("关东煮鱼豆腐", 400, None, 13, None),
        ("脆皮烤肠", 500, 450, 13, _HALF),
    ),
    "零食": (
        ("原味薯片75g", 790, 690, 13, _HALF),
        ("每日坚果25g", 590, None, 13, None),
        ("海苔脆12g", 650, 600, 13, None),
        ("黑巧克力40g", 1290, 1190, 13, _HALF),
        ("薄荷口香糖56g", 1180, None, 13, None),
        ("牛肉干50g", 2480, 2280, 13, None),
        ("香辣鸭脖100g", 1680, None, 13, None),
    ),
    "方便食品": (
        ("红烧牛肉面桶装", 550, 500, 13, None),
        ("螺蛳粉300g", 1290, None, 13, None),
        ("自热米饭275g", 2490, 2290, 13, None),
        ("五常大米2.5kg", 3990, 3790, 9, None),
    ),
    "日化": (
        ("抽纸三包装", 1090, 990, 13, None),
        ("牙膏120g", 1590, None, 13, None),
        ("一次性雨衣", 1200, None, 13, None),
        ("五号电池四粒", 1680, None, 13, None),
        ("暖宝宝十片", 1990, 1790, 13, None),
    ),
    "烟酒": (
        ("香烟(硬盒)", 2600, None, 13, None),
        ("香烟(软盒)", 4500, None, 13, None),
        ("啤酒500ml罐装", 750, 680, 13, _HALF),
        ("小瓶白酒100ml", 1800, None, 13, None),
    ),
    "书报": (("城市周刊", 1500, None, 9, None),),
}
# Prices per unit of weight.
_WEIGHED: tuple[tuple[str, Unit, int, int | None], ...] = (
    ("散装瓜子", Unit.JIN, 1280, None),
    ("海南香蕉", Unit.JIN, 498, 428),
    ("红富士苹果", Unit.JIN, 698, None),
    ("糖炒栗子", Unit.JIN, 1980, 1880),
    ("砂糖橘", Unit.KILOGRAM, 1298, 1198),
    ("散装鸡蛋", Unit.KILOGRAM, 1176, None),
)


def stock() -> tuple[Item, ...]:
    """Every item of the shop, always in the same order with the same codes."""
    return _packaged() + _weighed()


def _packaged() -> tuple[Item, ...]:
    rows = [(department, row) for department, rows in _PACKAGED.items() for row in rows]
    return tuple(_packaged_item(index, *labelled) for index, labelled in enumerate(rows))


def _packaged_item(index: int, department: str, row: _Row) -> Item:
    name, price_fen, member_price_fen, tax_percent, deal = row
    return Item(
        sku=f"{100001 + index}",
        code=chinese_gtin(maker=11000 + index * 37, item=1 + index * 7),
        coded_as=CodeKind.GTIN,
        name=name,
        department=department,
        unit=Unit.EACH,
        price_fen=price_fen,
        tax_percent=tax_percent,
        member_price_fen=member_price_fen,
        deal=deal,
    )


def _weighed() -> tuple[Item, ...]:
    return tuple(
        Item(
            sku=f"{900001 + index}",
            code=f"{21001 + index}",
            coded_as=CodeKind.PLU,
            name=name,
            department="散称",
            unit=unit,
            price_fen=price_fen,
            tax_percent=9,
            member_price_fen=member_price_fen,
        )
        for index, (name, unit, price_fen, member_price_fen) in enumerate(_WEIGHED)
    )
