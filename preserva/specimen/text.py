"""The words of the specimen book: an almanac that never was, in Russian and Belarusian.

Russian stands in the orthography used before 1918, Belarusian in today's. Nothing here is quoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

RUSSIAN = "ru-petr1708"
BELARUSIAN = "be"


class Style(Enum):
    """How a piece of text is set."""

    TITLE = "title"
    SUBTITLE = "subtitle"
    HEADING = "heading"
    OPENING = "opening"
    PARAGRAPH = "paragraph"
    ENTRY = "entry"
    CENTRED = "centred"
    CONTENTS = "contents"
    ORNAMENT = "ornament"


class Plate(Enum):
    """A picture that the book draws."""

    TITLE = "title"
    BRIDGE = "bridge"
    BELT = "belt"


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of text in one language."""

    style: Style
    text: str
    language: str = RUSSIAN


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page: its file name without ending, its text and its picture, if it has one."""

    name: str
    pieces: tuple[Piece, ...]
    plate: Plate | None = None


def _chapter(heading: str, *paragraphs: str, language: str = RUSSIAN) -> tuple[Piece, ...]:
    styles = [Style.OPENING] + [Style.PARAGRAPH] * (len(paragraphs) - 1)
    body = (Piece(style, text, language) for style, text in zip(styles, paragraphs, strict=True))
    return (Piece(Style.HEADING, heading, language), *body, Piece(Style.ORNAMENT, "⁂", language))


def _entries(language: str, *entries: str) -> tuple[Piece, ...]:
    return tuple(Piece(Style.ENTRY, entry, language) for entry in entries)


LEAVES = (
    Leaf(
        "стр. 1, титульный лист",
        (
            Piece(Style.TITLE, "КАЛЕНДАРЬ"),
            Piece(Style.TITLE, "ХРАНИТЕЛЯ"),
            Piece(Style.SUBTITLE, "на лѣто 1917-е,"),
            Piece(Style.SUBTITLE, "или Малая книжица"),
            Piece(Style.SUBTITLE, "о береженіи книгъ"),
            Piece(Style.TITLE, "КАЛЯНДАР", BELARUSIAN),
            Piece(Style.TITLE, "ЗАХАВАЛЬНІКА", BELARUSIAN),
            Piece(Style.SUBTITLE, "для тых, хто ўмее чакаць", BELARUSIAN),
            Piece(Style.CENTRED, "Благовѣщенскъ — Мінскъ"),
        ),
        Plate.TITLE,
    ),
    Leaf(
        "стр. 2",
        (
            Piece(Style.ORNAMENT, "⁂"),
            Piece(Style.CENTRED, "Печатано безъ свинца и краски."),
            Piece(Style.CENTRED, "Наборъ, шрифтъ и бумага"),
            Piece(Style.CENTRED, "сдѣланы изъ однихъ чиселъ."),
            Piece(Style.ORNAMENT, "⁂"),
            Piece(Style.CENTRED, "Гэтай кнігі ніколі не было.", BELARUSIAN),
            Piece(Style.CENTRED, "Мост і пояс сапраўдныя.", BELARUSIAN),
            Piece(Style.ORNAMENT, "⁂", BELARUSIAN),
            Piece(Style.CENTRED, "Сей книги никогда не было."),
            Piece(Style.CENTRED, "Мостъ и поясъ настоящіе."),
        ),
    ),
    Leaf(
        "стр. 3",
        _chapter(
            "КЪ ЧИТАТЕЛЮ",
            "Сія книжица мала, какъ спичечный коробокъ, но въ ней есть всё, что должно быть"
            " въ книгѣ: заглавіе, предисловіе, картинки и конецъ.",
            "Её никто не писалъ отъ руки, никто не печаталъ и никто не терялъ: она рисуетъ себя"
            " сама, всякій разъ одинаково, до послѣдней точки.",
            "Любезный читатель! Если одна буква въ ней пропадётъ, хранитель увидитъ, какая"
            " именно; а другая такая же книжица, за шесть тысячъ вёрстъ отсюда, поможетъ её"
            " вернуть. Для того она и сдѣлана.",
        ),
    ),
    Leaf(
        "стр. 4, чертёж моста",
        (
            Piece(Style.HEADING, "МОСТЪ ЧЕРЕЗЪ АМУРЪ"),
            Piece(Style.CENTRED, "Видъ съ праваго берега въ ясное утро"),
        ),
        Plate.BRIDGE,
    ),
    Leaf(
        "стр. 5",
        _chapter(
            "О МОСТѢ",
            "Мостъ черезъ Амуръ у Хабаровска строили три года и открыли осенью 1916-го. Длина"
            " его около двухъ съ половиною вёрстъ.",
            "Желѣзо для него клепали въ Варшавѣ и везли моремъ вокругъ половины свѣта. Два"
            " пролёта утонули въ Индійскомъ океанѣ вмѣстѣ съ пароходомъ, и пришлось дѣлать ихъ"
            " вновь.",
            "Отсюда выводъ для хранителя: всякой важной вещи нуженъ второй экземпляръ, и плыть"
            " онъ долженъ на другомъ пароходѣ.",
        ),
    ),
    Leaf(
        "стр. 6",
        _chapter(
            "ПРА СЛУЦКІ ПОЯС",
            "Слуцкі пояс ткалі з шоўку, золата і срэбра. Ён быў доўгі і меў чатыры твары: адзін"
            " для свята, другі для жалобы, а яшчэ два для іншых дзён.",
            "Каб паказаць патрэбны бок, пояс складалі ўдвая. Так і добрая кніга: чытач бачыць"
            " адну старонку, а захавальнік памятае ўсе.",
            "На канцы майстры ткалі подпіс: «Слуцк». Сям’я берагла пояс і перадавала ў спадчыну,"
            " а па подпісе рэч пазнаюць і праз дзвесце гадоў.",
            language=BELARUSIAN,
        ),
    ),
    Leaf(
        "стр. 7, слуцкий пояс",
        (
            Piece(Style.HEADING, "СЛУЦКІ ПОЯС", BELARUSIAN),
            Piece(Style.CENTRED, "Канец пояса з гваздзікамі", BELARUSIAN),
        ),
        Plate.BELT,
    ),
    Leaf(
        "стр. 8",
        (
            Piece(Style.HEADING, "МѢСЯЦЕСЛОВЪ"),
            *_entries(
                RUSSIAN,
                "Январь. Провѣрь, сухо ли въ хранилищѣ.",
                "Февраль. Сочти книги.",
                "Мартъ. Сочти ещё разъ: должно выйти столько же.",
                "Апрѣль. Открой окно, но не въ дождь.",
                "Май. Сними копію и отошли подальше.",
                "Іюнь. Спроси, дошла ли копія.",
                "Іюль. Сличи копію съ подлинникомъ.",
                "Августъ. Не вѣрь на слово: сличи самъ.",
                "Сентябрь. Мышь ищетъ норку; запри шкапъ.",
                "Октябрь. Буква пропала? Найди, которая.",
                "Ноябрь. Верни букву на мѣсто и запиши.",
                "Декабрь. Всё цѣло. Пей чай.",
            ),
        ),
    ),
    Leaf(
        "стр. 9",
        (
            Piece(Style.HEADING, "КАЛЯНДАР", BELARUSIAN),
            *_entries(
                BELARUSIAN,
                "Студзень. Снег ляжыць, кнігі стаяць.",
                "Люты. На двары мароз, у сховішчы роўна.",
                "Сакавік. Правер, ці няма вільгаці.",
                "Красавік. Пералічы ўсе аркушы.",
                "Май. Дзень доўгі, чытай уголас.",
                "Чэрвень. Барані вокладку ад сонца.",
                "Ліпень. Ліпа цвіце; пыл выцірай суха.",
                "Жнівень. Збяры копіі ў адзін сноп.",
                "Верасень. Спытай сябра, ці цэлая яго копія.",
                "Кастрычнік. Дождж ідзе; агледзь дах.",
                "Лістапад. Лісце падае, аркушы не павінны.",
                "Снежань. Усё на месцы. З Новым годам!",
            ),
        ),
    ),
    Leaf(
        "стр. 10",
        (
            Piece(Style.HEADING, "О РѢДКИХЪ БУКВАХЪ"),
            *_entries(
                RUSSIAN,
                "Ѣ. Ять живётъ въ хлѣбѣ, въ лѣсу и въ рѣкѣ.",
                "І. Стоитъ передъ гласною: исторія, линія.",
                "Ѳ. Ѳита пришла съ греками: Ѳедоръ, каѳедра.",
                "Ѵ. Ижица рѣдка, какъ старая книга: мѵро.",
                "Ъ. Еръ молчитъ, но мѣста не уступаетъ.",
            ),
            Piece(Style.HEADING, "ПРА РЭДКІЯ ЛІТАРЫ", BELARUSIAN),
            *_entries(
                BELARUSIAN,
                "Ў. Кароткае, але без яго не быў бы воўк.",
                "Ё. Дзве кропкі, якія нельга губляць.",
                "Апостраф просіць спыніцца: сям’я, аб’ява.",
            ),
        ),
    ),
    Leaf(
        "стр. 11",
        (
            *_chapter(
                "СОВѢТЫ",
                "Книгу, которую берегутъ въ двухъ городахъ, не съѣстъ одна мышь.",
                "Копія, которую не читали, ещё не копія.",
            ),
            *_chapter(
                "ПАРАДЫ",
                "Кнігу, якую берагуць два гарады, адна мыш не з’есць.",
                "Не вер вачам: пералічы. Хто захоўвае, той і чытае.",
                language=BELARUSIAN,
            ),
        ),
    ),
    Leaf(
        "стр. 12",
        (
            Piece(Style.HEADING, "СОДЕРЖАНІЕ"),
            Piece(Style.CONTENTS, "Къ читателю 3"),
            Piece(Style.CONTENTS, "О мостѣ 5"),
            Piece(Style.CONTENTS, "Пра слуцкі пояс 6", BELARUSIAN),
            Piece(Style.CONTENTS, "Мѣсяцесловъ 8"),
            Piece(Style.CONTENTS, "Каляндар 9", BELARUSIAN),
            Piece(Style.CONTENTS, "О рѣдкихъ буквахъ 10"),
            Piece(Style.CONTENTS, "Совѣты 11"),
            Piece(Style.CONTENTS, "Парады 11", BELARUSIAN),
            Piece(Style.ORNAMENT, "⁂"),
            Piece(Style.CENTRED, "КОНЕЦЪ"),
            Piece(Style.CENTRED, "КАНЕЦ", BELARUSIAN),
        ),
    ),
)
