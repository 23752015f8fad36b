"""The files in which a package explains itself to a reader without our software.

`documentation/README.txt` in three languages, and `schemas/standards.xml`: the standards by which
the package is built, with versions and addresses. The schemas themselves are not copied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from preserva.core.eark.mets import PackageType
from preserva.core.values.digest import ALGORITHMS
from preserva.core.xml.write import document

NAMESPACE = "urn:preserva:standards"


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard: its name and version, the namespace of its XML, where to read it."""

    name: str
    version: str
    url: str
    namespace: str | None = None
    schema: str | None = None


STANDARDS = (
    Standard("OAIS", "ISO 14721:2012", "https://public.ccsds.org/pubs/650x0m2.pdf"),
    Standard("BagIt", "1.0, RFC 8493", "https://www.rfc-editor.org/rfc/rfc8493"),
    Standard("OCFL", "1.1", "https://ocfl.io/1.1/spec/"),
    Standard("E-ARK CSIP", "2.2.0", "https://earkcsip.dilcis.eu/"),
    Standard("E-ARK AIP", "2.2.0", "https://earkaip.dilcis.eu/"),
    Standard("E-ARK AIP, PROFILE of METS.xml", "2.2.0", PackageType.AIP.profile),
    Standard(
        "METS",
        "1.12.1",
        "https://www.loc.gov/standards/mets/",
        "http://www.loc.gov/METS/",
        "http://www.loc.gov/standards/mets/mets.xsd",
    ),
    Standard(
        "CSIP extension of METS",
        "2.2.0",
        "https://earkcsip.dilcis.eu/",
        "https://DILCIS.eu/XML/METS/CSIPExtensionMETS",
        "https://earkcsip.dilcis.eu/schema/DILCISExtensionMETS.xsd",
    ),
    Standard(
        "XLink",
        "1.0",
        "https://www.w3.org/TR/2001/REC-xlink-20010627/",
        "http://www.w3.org/1999/xlink",
        "http://www.loc.gov/standards/xlink/xlink.xsd",
    ),
    Standard(
        "PREMIS",
        "3.0",
        "https://www.loc.gov/standards/premis/",
        "http://www.loc.gov/premis/v3",
        "http://www.loc.gov/standards/premis/v3/premis.xsd",
    ),
    Standard(
        "MODS",
        "3.8",
        "https://www.loc.gov/standards/mods/",
        "http://www.loc.gov/mods/v3",
        "http://www.loc.gov/standards/mods/v3/mods-3-8.xsd",
    ),
    Standard(
        "Dublin Core",
        "1.1",
        "https://www.dublincore.org/specifications/dublin-core/dces/",
        "http://purl.org/dc/elements/1.1/",
        "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
    ),
    Standard(
        "MIX (NISO Z39.87)",
        "2.0",
        "https://www.loc.gov/standards/mix/",
        "http://www.loc.gov/mix/v20",
        "http://www.loc.gov/standards/mix/mix20/mix20.xsd",
    ),
    Standard("PRONOM (formats of files)", "", "https://www.nationalarchives.gov.uk/PRONOM/"),
    Standard("SHA-2", "FIPS 180-4", "https://csrc.nist.gov/pubs/fips/180-4/upd1/final"),
    Standard("UTF-8", "RFC 3629", "https://www.rfc-editor.org/rfc/rfc3629"),
)


def write_standards(stream: BinaryIO) -> None:
    """Write `schemas/standards.xml`: the standards, and the locations of their XML schemas."""
    with document(stream, "standards", {None: NAMESPACE}, {}) as writer:
        for standard in STANDARDS:
            attributes = {
                "name": standard.name,
                "version": standard.version or None,
                "url": standard.url,
                "namespace": standard.namespace,
                "schema": standard.schema,
            }
            writer.leaf("standard", attributes=attributes)


def readme(
    *,
    title: str,
    identifier: str,
    folder: str,
    created: str,
    institution: str,
    software: str,
    digests: Iterable[str],
    contacts: Iterable[str] = (),
    remarks: Iterable[str] = (),
) -> str:
    """The text of `documentation/README.txt`, in English, Russian and Belarusian.

    `folder` is the name of the package folder, `software` our name and version, `digests` the
    algorithms of its manifests, of which SHA-512 is one; `contacts` are lines on how to reach the
    institution, `remarks` what a reader should know before anything else.
    """
    others = [name for name in digests if name != "sha512"]
    facts = {
        "title": title,
        "identifier": identifier,
        "folder": folder,
        "created": created,
        "institution": institution,
        "software": "\n".join([*contacts, software, *remarks]),
        "others_en": _manifests(others, "the same with"),
        "others_ru": _manifests(others, "то же по алгоритму"),
        "others_be": _manifests(others, "тое ж паводле алгарытму"),
    }
    parts = [_README.format(**facts)]
    for standard in STANDARDS:
        name = f"{standard.name} {standard.version}".strip()
        parts.append(f"  {name:<32} {standard.url}\n")
    return "".join(parts)


def remarks_in(text: str) -> list[str]:
    """The remarks in a README of ours: they follow the name of the software."""
    head = text.partition("\n\n")[0].splitlines()
    software = [place for place, line in enumerate(head) if line.startswith("preserva ")]
    return head[software[-1] + 1 :] if software else []


def _manifests(digests: Iterable[str], what: str) -> str:
    """A line for each manifest."""
    return "".join(
        f"  {f'manifest-{name}.txt':<35}{what} {ALGORITHMS[name].label}\n" for name in digests
    )


_README = """\
{title}
{identifier}
{institution}
{created}
{software}

English: below. По-русски: ниже. Па-беларуску: ніжэй.


ENGLISH

What this is
  An archival package with one digitised book: the images of its pages, what the
  library's catalogue says of it, and the history of these files; or with what others
  handed over, which may be anything. No special program is needed to read what was
  made for this package: ordinary files, and text in UTF-8. The record of the catalogue,
  metadata/descriptive/source.*, and what others handed over are as they came, in any
  character set. If mods.xml beside the record was made from it, the element
  recordOrigin there names the record's character set. Where others handed over no
  record, source.xml was made from the labels of what they sent.

How it is built
  The whole is a bag (BagIt). It consists of:

  bagit.txt                          says that this is a bag
  bag-info.txt                       whose package this is, and how big
  manifest-sha512.txt                the SHA-512 digest of every file under data/
{others_en}  tagmanifest-….txt                  the digests of the files above
  data/{folder}/
    METS.xml                         the table of contents; begin here
    metadata/descriptive/            the description of the book (MODS, Dublin Core), and
                                     the record as it came from the catalogue
    metadata/preservation/           PREMIS: what was done, when, by whom; the rights
    documentation/                   this text; what was supplied about history, rights and
                                     chapters, if anything was; documents that lay with the
                                     scans: in METS.xml, xlink:title is what they were called
    schemas/                         the standards, with versions and addresses
    representations/                 the book itself: master (as scanned, to be kept),
                                     access (to be read), text (recognised text); or
                                     original: what others handed over, as it came
      .../METS.xml                   the files, the pages in their order; the first of
                                     master, access and text that has pages: the chapters
      .../data/                      the files; not each package has all of these folders
      .../metadata/preservation/     PREMIS: each file's size, digests, format, old name

  Files are named in ASCII, but those that others handed over keep their names. The name that
  a file had before stands in PREMIS as originalName.

  In a storage in the OCFL format (a folder with inventory.json and v1), each version is
  such a bag. Version 1 is whole in v1/content/. The folder of a later version has only
  what is new: put the version together first, in the folder of inventory.json, with

    import json, os, shutil
    inventory = json.load(open("inventory.json", encoding="utf-8"))
    place = "/tmp/version"  # a new folder for each: versions must not be mixed
    os.makedirs(place)
    version = inventory["head"]  # the newest; or "v1", "v2" ...
    for digest, paths in inventory["versions"][version]["state"].items():
        for path in paths:
            target = os.path.join(place, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            try:
                shutil.copyfile(inventory["manifest"][digest][0], target)
            except OSError as error:
                print(error)  # the other files can still be had

  or by hand: "state" names the paths of the version by the digest of each file,
  "manifest" for the same digest the place where it lies.

How to check it by hand
  Go to the folder of the whole bag, in which manifest-sha512.txt is, and run

    sha512sum -c manifest-sha512.txt
    sha512sum -c tagmanifest-sha512.txt

  Each line that fails names a file that has changed or is missing. (On macOS:
  shasum -a 512 -c manifest-sha512.txt. On Windows: certutil -hashfile FILE SHA512
  prints the digest of one file; compare it with the line in the manifest.)
  Then see that no file under data/ is absent from the manifest.
  If these commands no longer exist: SHA-512 is defined in FIPS 180-4, and any program
  that computes it will do.


ПО-РУССКИ

Что это
  Архивный пакет с одной оцифрованной книгой: изображения её страниц, сведения о ней из
  каталога библиотеки и история этих файлов; или с тем, что передали другие, а это может
  быть что угодно. Чтобы прочитать составленное для этого пакета, особая программа не
  нужна: это обычные файлы и текст в кодировке UTF-8. Запись каталога,
  metadata/descriptive/source.*, и то, что передали другие, лежат в том виде, в каком
  пришли, в любой кодировке. Если файл mods.xml рядом составлен по записи, её кодировка
  названа в нём в элементе recordOrigin. Если другие записи не передали, source.xml
  составлен по меткам того, что они прислали.

Как он устроен
  Всё вместе — это контейнер BagIt. Он состоит из:

  bagit.txt                          говорит, что это контейнер BagIt
  bag-info.txt                       чей это пакет и каков его объём
  manifest-sha512.txt                контрольная сумма SHA-512 каждого файла в data/
{others_ru}  tagmanifest-….txt                  контрольные суммы перечисленных выше файлов
  data/{folder}/
    METS.xml                         оглавление; начните с него
    metadata/descriptive/            описание книги (MODS, Dublin Core) и запись в том
                                     виде, в каком она пришла из каталога
    metadata/preservation/           PREMIS: кто, что и когда сделал; права
    documentation/                   этот текст; то, что было дано об истории, правах и
                                     главах, если было дано; документы, которые лежали со
                                     сканами: их прежние имена — xlink:title в METS.xml
    schemas/                         стандарты: версии и адреса
    representations/                 сама книга: master (в том виде, в каком отсканирована,
                                     для вечного хранения), access (для чтения), text
                                     (распознанный текст); или original: то, что передали
                                     другие, в том виде, в каком оно поступило
      .../METS.xml                   файлы, порядок страниц; в первой из папок master,
                                     access, text, где есть страницы, — главы
      .../data/                      сами файлы; некоторых из этих папок может не быть
      .../metadata/preservation/     PREMIS: размер, контрольные суммы, формат и прежнее
                                     имя каждого файла

  Имена файлов записаны латиницей (ASCII), но то, что передали другие, сохраняет свои имена.
  Прежнее имя файла указано в PREMIS, в элементе originalName.

  В хранилище формата OCFL (папка с inventory.json и v1) каждая версия — такой контейнер
  BagIt. Версия 1 целиком лежит в v1/content/. В папке следующей версии лежит только новое:
  сначала соберите версию, в папке файла inventory.json:

    import json, os, shutil
    inventory = json.load(open("inventory.json", encoding="utf-8"))
    place = "/tmp/version"  # новая папка для каждой: версии нельзя смешивать
    os.makedirs(place)
    version = inventory["head"]  # новейшая; или "v1", "v2" ...
    for digest, paths in inventory["versions"][version]["state"].items():
        for path in paths:
            target = os.path.join(place, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            try:
                shutil.copyfile(inventory["manifest"][digest][0], target)
            except OSError as error:
                print(error)  # остальные файлы достать можно

  или вручную: "state" называет пути файлов версии по контрольной сумме, "manifest" для той
  же суммы — место, где файл лежит.

Как проверить пакет вручную
  Перейдите в папку всего контейнера, где лежит manifest-sha512.txt, и выполните

    sha512sum -c manifest-sha512.txt
    sha512sum -c tagmanifest-sha512.txt

  Каждая строка с ошибкой называет файл, который изменился или пропал. (В macOS:
  shasum -a 512 -c manifest-sha512.txt. В Windows: certutil -hashfile ФАЙЛ SHA512
  выводит контрольную сумму одного файла; сравните её со строкой манифеста.)
  Затем убедитесь, что в data/ нет файлов, которых нет в манифесте.
  Если этих команд больше не существует: алгоритм SHA-512 описан в стандарте FIPS 180-4,
  подойдёт любая программа, которая его вычисляет.


ПА-БЕЛАРУСКУ

Што гэта
  Архіўны пакет з адной алічбаванай кнігай: выявы яе старонак, звесткі пра яе з каталога
  бібліятэкі і гісторыя гэтых файлаў; або з тым, што перадалі іншыя, а гэта можа быць што
  заўгодна. Каб прачытаць складзенае для гэтага пакета, адмысловая праграма не патрэбна:
  гэта звычайныя файлы і тэкст у кадыроўцы UTF-8. Запіс каталога,
  metadata/descriptive/source.*, і тое, што перадалі іншыя, ляжаць у тым выглядзе, у якім
  прыйшлі, у любой кадыроўцы. Калі файл mods.xml побач складзены паводле запісу, яго
  кадыроўка названа ў ім у элеменце recordOrigin. Калі іншыя запісу не перадалі,
  source.xml складзены паводле метак таго, што яны прыслалі.

Як ён пабудаваны
  Усё разам — гэта кантэйнер BagIt. Ён складаецца з:

  bagit.txt                          кажа, што гэта кантэйнер BagIt
  bag-info.txt                       чый гэта пакет і які яго аб’ём
  manifest-sha512.txt                кантрольная сума SHA-512 кожнага файла ў data/
{others_be}  tagmanifest-….txt                  кантрольныя сумы пералічаных вышэй файлаў
  data/{folder}/
    METS.xml                         змест; пачніце з яго
    metadata/descriptive/            апісанне кнігі (MODS, Dublin Core) і запіс у тым
                                     выглядзе, у якім ён прыйшоў з каталога
    metadata/preservation/           PREMIS: хто, што і калі зрабіў; правы
    documentation/                   гэты тэкст; тое, што было дадзена пра гісторыю, правы і
                                     раздзелы, калі было дадзена; дакументы, якія ляжалі са
                                     сканамі: іх ранейшыя імёны — xlink:title у METS.xml
    schemas/                         стандарты: версіі і адрасы
    representations/                 сама кніга: master (у тым выглядзе, у якім адсканавана,
                                     для вечнага захавання), access (для чытання), text
                                     (распазнаны тэкст); або original: тое, што перадалі
                                     іншыя, у тым выглядзе, у якім яно паступіла
      .../METS.xml                   файлы, парадак старонак; у першай з папак master,
                                     access, text, дзе ёсць старонкі, — раздзелы
      .../data/                      самі файлы; некаторых з гэтых папак можа не быць
      .../metadata/preservation/     PREMIS: памер, кантрольныя сумы, фармат і ранейшае
                                     імя кожнага файла

  Імёны файлаў запісаны лацінкай (ASCII), але тое, што перадалі іншыя, захоўвае свае імёны.
  Ранейшае імя файла пазначана ў PREMIS, у элеменце originalName.

  У сховішчы фармату OCFL (папка з inventory.json і v1) кожная версія — такі кантэйнер
  BagIt. Версія 1 цалкам ляжыць у v1/content/. У папцы наступнай версіі ляжыць толькі новае:
  спачатку збярыце версію, у папцы файла inventory.json:

    import json, os, shutil
    inventory = json.load(open("inventory.json", encoding="utf-8"))
    place = "/tmp/version"  # новая папка для кожнай: версіі нельга змешваць
    os.makedirs(place)
    version = inventory["head"]  # найноўшая; або "v1", "v2" ...
    for digest, paths in inventory["versions"][version]["state"].items():
        for path in paths:
            target = os.path.join(place, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            try:
                shutil.copyfile(inventory["manifest"][digest][0], target)
            except OSError as error:
                print(error)  # астатнія файлы дастаць можна

  або ўручную: "state" называе шляхі файлаў версіі паводле кантрольнай сумы, "manifest" для
  той жа сумы — месца, дзе файл ляжыць.

Як праверыць пакет уручную
  Перайдзіце ў папку ўсяго кантэйнера, дзе ляжыць manifest-sha512.txt, і выканайце

    sha512sum -c manifest-sha512.txt
    sha512sum -c tagmanifest-sha512.txt

  Кожны радок з памылкай называе файл, які змяніўся або прапаў. (У macOS:
  shasum -a 512 -c manifest-sha512.txt. У Windows: certutil -hashfile ФАЙЛ SHA512
  выводзіць кантрольную суму аднаго файла; параўнайце яе з радком маніфеста.)
  Потым упэўніцеся, што ў data/ няма файлаў, якіх няма ў маніфесце.
  Калі гэтых каманд больш не існуе: алгарытм SHA-512 апісаны ў стандарце FIPS 180-4,
  падыдзе любая праграма, якая яго вылічвае.


STANDARDS · СТАНДАРТЫ · СТАНДАРТЫ

"""
