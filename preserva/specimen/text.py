"""The words of the specimen book: an almanac that never was, in Russian and Belarusian.

Russian is in the orthography used before 1918, Belarusian in today's. Nothing here is quoted.
"""

from __future__ import annotations

from dataclasses import dataclass

RUSSIAN = "ru-petr1708"
BELARUSIAN = "be"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Paragraphs of one language, one in each line of the text, in letters of one size.

    The size is in pixels. Without an indent a paragraph is centred.
    """

    language: str
    text: str
    size: int = 20
    indent: int | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page: its file name without ending, and its text. A plate has a picture in colour."""

    name: str
    blocks: tuple[TextBlock, ...]
    plate: bool = False


def _title(language: str, text: str) -> TextBlock:
    return TextBlock(language, text, size=42)


def _chapter(language: str, heading: str, text: str) -> tuple[TextBlock, TextBlock]:
    return TextBlock(language, heading, size=26), TextBlock(language, text, size=25, indent=26)


def _list(language: str, heading: str, text: str) -> tuple[TextBlock, TextBlock]:
    return TextBlock(language, heading, size=26), TextBlock(language, text, size=21, indent=0)


LEAVES = (
    Leaf(
        "стр. 1, титульный лист",
        (
            _title(RUSSIAN, "КАЛЕНДАРЬ\nХРАНИТЕЛЯ"),
            TextBlock(RUSSIAN, "на лѣто 1917-е,\nили Малая книжица\nо береженіи книгъ"),
            _title(BELARUSIAN, "КАЛЯНДАР\nЗАХАВАЛЬНІКА"),
            TextBlock(BELARUSIAN, "для тых, хто ўмее чакаць"),
            TextBlock(RUSSIAN, "⁂\nБлаговѣщенскъ — Мінскъ"),
        ),
        plate=True,
    ),
    Leaf(
        "стр. 2",
        (
            TextBlock(RUSSIAN, "⁂\nПечатано безъ свинца и краски."),
            TextBlock(RUSSIAN, "Наборъ и бумага сдѣланы изъ чиселъ,\nа шрифтъ — Old Standard."),
            TextBlock(BELARUSIAN, "⁂\nГэтай кнігі ніколі не было.\nМост і пояс сапраўдныя."),
            TextBlock(RUSSIAN, "⁂\nСей книги никогда не было.\nМостъ и поясъ настоящіе."),
        ),
    ),
    Leaf(
        "стр. 3",
        _chapter(
            RUSSIAN,
            "КЪ ЧИТАТЕЛЮ",
            "Сія книжица мала, какъ спичечный коробокъ, но въ ней есть всё, что должно быть въ"
            " книгѣ: заглавіе, предисловіе, картинки и конецъ.\n"
            "Её никто не писалъ отъ руки, никто не печаталъ и никто не терялъ: она рисуетъ себя"
            " сама, всякій разъ одинаково, до послѣдней точки.\n"
            "Любезный читатель! Если одна буква въ ней пропадётъ, хранитель увидитъ, какая"
            " именно; а другая такая же книжица, за шесть тысячъ вёрстъ отсюда, поможетъ её"
            " вернуть. Для того она и сдѣлана.",
        ),
    ),
    Leaf(
        "стр. 4, чертёж моста",
        (
            TextBlock(RUSSIAN, "МОСТЪ ЧЕРЕЗЪ АМУРЪ", size=26),
            TextBlock(RUSSIAN, "Видъ съ праваго берега въ ясное утро"),
        ),
        plate=True,
    ),
    Leaf(
        "стр. 5",
        _chapter(
            RUSSIAN,
            "О МОСТѢ",
            "Мостъ черезъ Амуръ у Хабаровска строили три года и открыли осенью 1916-го. Длина"
            " его около двухъ съ половиною вёрстъ.\n"
            "Желѣзо для него клепали въ Варшавѣ и везли моремъ вокругъ половины свѣта. Два"
            " пролёта утонули въ Индійскомъ океанѣ вмѣстѣ съ пароходомъ, и пришлось дѣлать ихъ"
            " вновь.\n"
            "Отсюда выводъ для хранителя: всякой важной вещи нуженъ второй экземпляръ, и плыть"
            " онъ долженъ на другомъ пароходѣ.",
        ),
    ),
    Leaf(
        "стр. 6",
        _chapter(
            BELARUSIAN,
            "ПРА СЛУЦКІ ПОЯС",
            "Слуцкі пояс ткалі з шоўку, золата і срэбра. Ён быў доўгі і меў чатыры твары: адзін"
            " для свята, другі для жалобы, а яшчэ два для іншых дзён.\n"
            "Каб паказаць патрэбны бок, пояс складалі ўдвая. Так і добрая кніга: чытач бачыць"
            " адну старонку, а захавальнік памятае ўсе.\n"
            "На канцы майстры ткалі подпіс: «Слуцк». Сям’я берагла пояс і перадавала ў спадчыну,"
            " а па подпісе рэч пазнаюць і праз дзвесце гадоў.",
        ),
    ),
    Leaf(
        "стр. 7, слуцкий пояс",
        (
            TextBlock(BELARUSIAN, "СЛУЦКІ ПОЯС", size=26),
            TextBlock(BELARUSIAN, "Канец пояса з гваздзікамі"),
        ),
        plate=True,
    ),
    Leaf(
        "стр. 8",
        _list(
            RUSSIAN,
            "МѢСЯЦЕСЛОВЪ",
            "Январь. Провѣрь, сухо ли въ хранилищѣ.\n"
            "Февраль. Сочти книги.\n"
            "Мартъ. Сочти ещё разъ.\n"
            "Апрѣль. Открой окно, но не въ дождь.\n"
            "Май. Сними копію и отошли подальше.\n"
            "Іюнь. Спроси, дошла ли копія.\n"
            "Іюль. Сличи копію съ подлинникомъ.\n"
            "Августъ. Не вѣрь на слово: сличи самъ.\n"
            "Сентябрь. Мышь ищетъ норку; запри шкапъ.\n"
            "Октябрь. Буква пропала? Найди, которая.\n"
            "Ноябрь. Верни букву на мѣсто и запиши.\n"
            "Декабрь. Всё цѣло. Пей чай.",
        ),
    ),
    Leaf(
        "стр. 9",
        _list(
            BELARUSIAN,
            "КАЛЯНДАР",
            "Студзень. Снег ляжыць, кнігі стаяць.\n"
            "Люты. На двары мароз, у сховішчы роўна.\n"
            "Сакавік. Правер, ці няма вільгаці.\n"
            "Красавік. Пералічы ўсе аркушы.\n"
            "Май. Дзень доўгі, чытай уголас.\n"
            "Чэрвень. Барані вокладку ад сонца.\n"
            "Ліпень. Ліпа цвіце; пыл выцірай суха.\n"
            "Жнівень. Збяры копіі ў адзін сноп.\n"
            "Верасень. Спытай сябра пра яго копію.\n"
            "Кастрычнік. Дождж ідзе; агледзь дах.\n"
            "Лістапад. Лісце падае, аркушы — не.\n"
            "Снежань. Усё на месцы. З Новым годам!",
        ),
    ),
    Leaf(
        "стр. 10",
        (
            *_list(
                RUSSIAN,
                "О РѢДКИХЪ БУКВАХЪ",
                "Ѣ. Ять живётъ въ хлѣбѣ, въ лѣсу и въ рѣкѣ.\n"
                "І. Стоитъ передъ гласною: исторія, линія.\n"
                "Ѳ. Ѳита пришла съ греками: Ѳедоръ, каѳедра.\n"
                "Ѵ. Ижица рѣдка, какъ старая книга: мѵро.\n"
                "Ъ. Еръ молчитъ, но мѣста не уступаетъ.",
            ),
            *_list(
                BELARUSIAN,
                "ПРА РЭДКІЯ ЛІТАРЫ",
                "Ў. Кароткае, але без яго не быў бы воўк.\n"
                "Ё. Дзве кропкі, якія нельга губляць.\n"
                "Апостраф просіць спыніцца: сям’я, аб’ява.",
            ),
            TextBlock(RUSSIAN, "⁂\nКОНЕЦЪ"),
            TextBlock(BELARUSIAN, "КАНЕЦ"),
        ),
    ),
)
