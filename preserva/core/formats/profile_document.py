"""Reads a BagIt profile document and checks that it is consistent in itself (1.4.0)."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping

from preserva.core.formats.guarded_json import JSONError, read_json
from preserva.core.formats.profile import (
    PROFILE_TAG,
    NameRule,
    Profile,
    Serialization,
    TagRule,
    matches,
)
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.i18n import _, english

_INFO = "BagIt-Profile-Info"
_INFO_REQUIRED = ("Source-Organization", "External-Description", "Version", PROFILE_TAG)
_TAG_KEYS = {"required", "values", "repeatable", "description", "recommended"}
_KEYS = {
    _INFO,
    "Bag-Info",
    "Manifests-Required",
    "Manifests-Allowed",
    "Tag-Manifests-Required",
    "Tag-Manifests-Allowed",
    "Allow-Fetch.txt",
    "Fetch.txt-Required",
    "Data-Empty",
    "Serialization",
    "Accept-Serialization",
    "Accept-BagIt-Version",
    "Tag-Files-Required",
    "Tag-Files-Allowed",
    "Payload-Files-Required",
    "Payload-Files-Allowed",
}

JsonObject = Mapping[str, object]


def parse_profile(document: bytes) -> tuple[Profile | None, list[Finding]]:
    """The profile, if it is usable, and all errors and warnings about it.

    The path of each finding is the key concerned. Never raises, whatever the bytes are.
    """
    reader = _Reader()
    content = reader.load(document)
    if content is None:
        return None, reader.findings
    profile = reader.profile(content)
    if any(finding.code is Code.PROFILE_INVALID for finding in reader.findings):
        return None, reader.findings
    return profile, reader.findings


class _Reader:
    """Extracts values from the document and records their problems."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def wrong(self, key: str, expected: str | None = None, seen: object = None) -> None:
        """Record that the profile cannot be used."""
        shown = None if seen is None else english(str(seen))[:200]
        self.findings.append(Finding(Code.PROFILE_INVALID, key, expected, shown))

    def advise(self, key: str, expected: str) -> None:
        """Record a departure from the recommendations."""
        self.findings.append(Finding(Code.PROFILE_ADVICE, key, expected))

    def load(self, document: bytes) -> JsonObject | None:
        """The JSON object, if that is what the bytes are."""
        try:
            content = read_json(
                document.removeprefix(codecs.BOM_UTF8),
                repeated=lambda key: self.wrong(key, _("each key once")),
            )
        except JSONError as error:
            self.wrong("", _("a JSON document"), error)
            return None
        if not isinstance(content, dict):
            self.wrong("", _("a JSON object"))
            return None
        return content

    def profile(self, content: JsonObject) -> Profile:
        """The profile, as far as it can be read."""
        for key in sorted(content.keys() - _KEYS):
            self.advise(key, _("a key of BagIt Profiles 1.4.0; this one is not checked"))
        info = self._object(content, _INFO, required=True)
        texts = {key: self._text(info, f"{_INFO}/{key}") for key in _INFO_REQUIRED}
        if "BagIt-Profile-Version" in info:
            specification = self._text(info, f"{_INFO}/BagIt-Profile-Version")
        else:
            self.advise(f"{_INFO}/BagIt-Profile-Version", "1.4.0")
            specification = "1.1.0"
        allow_fetch = self._flag(content, "Allow-Fetch.txt", default=True)
        require_fetch = self._flag(content, "Fetch.txt-Required", default=False)
        if require_fetch and not allow_fetch:
            self.wrong("Fetch.txt-Required", "Allow-Fetch.txt: true")
        serialization, accepted = self._serialization(content)
        versions = self._texts(content, "Accept-BagIt-Version")
        if not versions:
            self.wrong("Accept-BagIt-Version", _("at least one version"))
        return Profile(
            identifier=texts[PROFILE_TAG],
            version=texts["Version"],
            source_organization=texts["Source-Organization"],
            external_description=texts["External-Description"],
            specification=specification,
            tags=tuple(self._tags(content)),
            manifests=self._names(content, "Manifests"),
            tag_manifests=self._names(content, "Tag-Manifests"),
            allow_fetch=allow_fetch,
            require_fetch=require_fetch,
            data_empty=self._flag(content, "Data-Empty", default=False),
            serialization=serialization,
            accept_serialization=accepted,
            accept_bagit_version=versions or (),
            tag_files=self._tag_files(content),
            payload_files=self._payload_files(content),
        )

    def _object(self, content: JsonObject, key: str, *, required: bool = False) -> JsonObject:
        value = content.get(key)
        if isinstance(value, dict):
            return value
        if required or value is not None:
            self.wrong(key, _("a JSON object"), value)
        return {}

    def _text(self, content: JsonObject, path: str) -> str:
        value = content.get(path.rpartition("/")[2])
        if isinstance(value, str) and value.strip():
            return value
        self.wrong(path, _("a text that is not empty"), value)
        return ""

    def _flag(self, content: JsonObject, path: str, *, default: bool) -> bool:
        """true or false; in quotes too, as in the standard's grammar but not in its text."""
        value = content.get(path.rpartition("/")[2], default)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            self.advise(path, _("true or false without quotes"))
            return value.lower() == "true"
        self.wrong(path, _("true or false"), value)
        return default

    def _texts(self, content: JsonObject, path: str) -> tuple[str, ...] | None:
        value = content.get(path.rpartition("/")[2])
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(member, str) and member for member in value):
            return tuple(dict.fromkeys(value))
        self.wrong(path, _("a list of texts"), value)
        return None

    def _serialization(self, content: JsonObject) -> tuple[Serialization, tuple[str, ...]]:
        value = content.get("Serialization", Serialization.OPTIONAL.value)
        try:
            rule = Serialization(str(value))
        except ValueError:
            self.wrong("Serialization", " | ".join(Serialization), value)
            rule = Serialization.OPTIONAL
        accepted = self._texts(content, "Accept-Serialization") or ()
        if rule is Serialization.REQUIRED and not accepted:
            self.wrong("Accept-Serialization", _("at least one media type"))
        elif rule is Serialization.OPTIONAL and not accepted:
            if "Serialization" in content:
                self.wrong("Accept-Serialization", _("at least one media type"))
            else:
                self.advise("Accept-Serialization", _("at least one media type"))
        return rule, accepted

    def _tags(self, content: JsonObject) -> Iterable[TagRule]:
        rules = self._object(content, "Bag-Info")
        seen: set[str] = set()
        for label in rules:
            path = f"Bag-Info/{label}"
            if label.casefold() in seen:
                self.wrong(path, _("each label once, in upper or lower case"))
            seen.add(label.casefold())
            if label.casefold() == PROFILE_TAG.casefold():
                self.advise(path, _("not listed here: it is always required"))
            rule = self._object(rules, label) if rules[label] is not None else {}
            for key in sorted(rule.keys() - _TAG_KEYS):
                self.advise(f"{path}/{key}", _("a key of BagIt Profiles 1.4.0"))
            yield TagRule(
                label,
                required=self._flag(rule, f"{path}/required", default=False),
                values=self._texts(rule, f"{path}/values") or (),
                repeatable=self._flag(rule, f"{path}/repeatable", default=True),
            )

    def _names(self, content: JsonObject, kind: str) -> NameRule:
        required = self._texts(content, f"{kind}-Required") or ()
        allowed = self._texts(content, f"{kind}-Allowed")
        if allowed is not None:
            for name in required:
                if name not in allowed:
                    self.wrong(f"{kind}-Allowed", name, " | ".join(allowed))
        return NameRule(required, allowed)

    def _tag_files(self, content: JsonObject) -> NameRule:
        rule = self._paths(content, "Tag-Files")
        for path in rule.required:
            if path == "data" or path.startswith("data/"):
                self.wrong("Tag-Files-Required", _("a file outside data"), path)
            elif path == "bag-info.txt" or path.startswith(("manifest-", "tagmanifest-")):
                self.advise("Tag-Files-Required", _("not {path}").format(path=path))
        return rule

    def _payload_files(self, content: JsonObject) -> NameRule:
        rule = self._paths(content, "Payload-Files")
        for path in rule.required:
            if not path.startswith("data/"):
                self.wrong("Payload-Files-Required", _("a path that begins with data/"), path)
        return rule

    def _paths(self, content: JsonObject, kind: str) -> NameRule:
        required = self._texts(content, f"{kind}-Required") or ()
        allowed = self._texts(content, f"{kind}-Allowed")
        for path in required:
            if allowed is not None and not any(matches(path, pattern) for pattern in allowed):
                self.wrong(f"{kind}-Allowed", path, " | ".join(allowed))
        return NameRule(required, allowed)
