"""What languages write beyond ASCII: the letters by which a decoding can be told from another.

Letters stand in the order in which names have them, the most frequent first. Chinese, Japanese
and Korean have the rows of their national standards that hold what is in daily use.
"""

from math import log

type Costs = dict[str, float]

LETTERS = {
    "de": "üöäßéè",
    "fr": "éèçëïôêâîàûùœüÿ",
    "es": "áéíóñúü",
    "ca": "àèòéíóúçï",
    "pt": "ãçáéíóâêôõúàü",
    "it": "òàèìùé",
    "nl": "ëéïöüèê",
    "sv": "äöåéü",
    "da": "øæåéöäü",
    "fi": "äöåé",
    "is": "óðáíörúþéæý",
    "western": "éäöáüíèåóçãñàøêæßâôëîúûïõœÿìòùðþýšž",
    "pl": "łńśąóżćęź",
    "cs": "áíéřčšěýžůúňťďóöü",
    "sk": "áíéčšžýúóňľťďôäĺŕ",
    "hu": "áéóöőíüúű",
    "hr": "ćčžšđ",
    "ro": "ăţşâîáéöüő",
    "sq": "ëç",
    "central": "áéíóäüöšýčěřžłńśąćęźżőűúůôďťňľăţşâîđßëç",
    "tr": "ıüşöçğİâî",
    "lt": "ėūšžįčųęą",
    "lv": "āīņšēūļžķģč",
    "et": "õäüöžš",
    "ru": "аеониврлктсмдчуьйгпябызхшюжфёцщэъ",
    "uk": "аоиенкврлсітчудмюкьйпгєзбхяшцїжщфґ",
    "sr": "аиоевнрјктлсмдћупзбгчшљњжђхцџф",
    "el": "αοςιρηνίτάλεόπκυμσδύέγθήώφχζωξβΐψϊϋΰ",
    "he": "יוהלראמבשנתחדקגפעטסכזצןםךףץ",
    "ar": "اليمنردحعسبهةفخجشكقصطوأزغءىضثذظإآؤئ،",
    # The tones stand behind their letters in the code page.
    "vi": "ưăâôđơê\u0301\u0300\u0323\u0309\u0303",
    "th": "านรกยวมอลสตทงดเีคพั์ิบจปชุหแธญะไใำ่้โขถูณฐศผึซโฉฒภฤฟืฝ็ฎฏฆฬ๊๋ๆฯ",
    "fa": "ایرنمدهستبحکلشفزعگجپقخوصطغچضظثژذآئءأؤ،",
}
# In nats: a letter costs by its rank, and all else as much as something improbable.
_CAPITAL = 0.7
_PUNCTUATION = dict.fromkeys("\xa0–—‘’“”„«»…·•°§©®€ʼ‐‑", 4.5)  # noqa: RUF001 - as people write them
_WIDE = dict.fromkeys("　、。・（），；：！？「」【】", 4.5)  # noqa: RUF001 - the same
_IN_DAILY_USE = 7.2
_FREQUENT = 5.0
_SURNAMES_KO = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구"
_GIVEN_KO = "민진지현수영준은경희미선혜연재동석철호상기원태승인규훈빈나라가보아윤예솔회사식"
_FREQUENT_HANS = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰国建文海公司有限姓名贸易"
)
_FREQUENT_HANT = (
    "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴周徐蘇葉莊呂江何蕭羅高潘簡朱鍾彭游詹胡施沈"
    "志明家豪雅婷怡君淑芬美玲建宏俊傑佩珊惠華國公司有限姓名電話"
)
_FREQUENT_JA = (
    "田中山本村木藤川佐井野高小大松吉岡林橋口石原島上森池清水崎阿部谷加伊渡辺斎"
    "子美一郎太介香奈恵久株式会社氏名商店"
)


def _ranked(letters: str) -> Costs:
    total = sum(1 / (rank + 2) for rank in range(len(letters)))
    costs = {letter: log(total * (rank + 2)) for rank, letter in enumerate(letters)}
    capitals = {one.upper(): cost + _CAPITAL for one, cost in costs.items()}
    return _PUNCTUATION | capitals | costs


def _of(names: str) -> list[Costs]:
    return [_ranked(LETTERS[name]) for name in names.split()]


def _rows(codec: str, first: int, last: int, trails: bytes) -> str:
    """Return the characters of some rows of a national standard."""
    pairs = b"".join(bytes((lead, one)) for lead in range(first, last + 1) for one in trails)
    return pairs.decode(codec, "ignore")


def _listed(characters: str, frequent: str) -> list[Costs]:
    costs = dict.fromkeys(characters, _IN_DAILY_USE) | dict.fromkeys(frequent, _FREQUENT)
    return [_PUNCTUATION | _WIDE | costs]


_TRAILS = bytes(range(0xA1, 0xFF))
_BIG5_TRAILS = bytes((*range(0x40, 0x7F), *_TRAILS))
_KANA = _rows("euc_jp", 0xA4, 0xA5, _TRAILS) + "ー々"

WESTERN = _of("de fr es ca pt it nl sv da fi is sq western")
CENTRAL = _of("pl cs sk hu hr ro central")
CYRILLIC = _of("ru uk sr")
GREEK = _of("el")
TURKISH = _of("tr")
BALTIC = _of("lt lv et")
VIETNAMESE = _of("vi")
THAI = _of("th")
HEBREW = _of("he")
ARABIC = _of("ar fa fr")
JAPANESE = _listed(_rows("euc_jp", 0xB0, 0xCF, _TRAILS), _FREQUENT_JA + _KANA)
KOREAN = _listed(_rows("euc_kr", 0xB0, 0xC8, _TRAILS), _SURNAMES_KO + _GIVEN_KO)
SIMPLIFIED = _listed(_rows("gb2312", 0xB0, 0xD7, _TRAILS), _FREQUENT_HANS)
TRADITIONAL = _listed(_rows("big5", 0xA4, 0xC6, _BIG5_TRAILS), _FREQUENT_HANT)
