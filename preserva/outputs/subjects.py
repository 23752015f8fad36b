"""The subject of a report in words: for people in their language, for programs always the same."""

from __future__ import annotations

from collections.abc import Callable

from preserva.core.values.model import PackageId
from preserva.core.values.report import printable
from preserva.core.values.subjects import (
    CopyInStorage,
    LedgerInStorage,
    Named,
    ObjectInStorage,
    ObjectToStorage,
    Subject,
    WholePackage,
    WholeStorage,
)
from preserva.i18n import N_, _


def subject_for_people(subject: Subject) -> str:
    """The subject in the reader's language, a package as people type it: aonb-kp-000123."""
    return _words(subject, _, lambda package: package.portable)


def subject_for_programs(subject: Subject) -> str:
    """The `subject` of JSON documents: English in every language, a package by its URI."""
    return _words(subject, str, lambda package: package.uri)


def _words(subject: Subject, say: Callable[[str], str], name: Callable[[PackageId], str]) -> str:
    match subject:
        case WholePackage(package):
            words = name(package)
        case CopyInStorage(package, storage):
            words = _in_storage(name(package), storage, say)
        case ObjectInStorage(object_, storage):
            words = _in_storage(object_, storage, say)
        case ObjectToStorage(path, storage):
            words = f"{path} -> {storage}"
        case WholeStorage(storage):
            words = storage
        case LedgerInStorage(storage):
            words = say(N_("the ledger in {storage}")).format(storage=storage)
        case Named(own):
            words = own
    return printable(words)


def _in_storage(package: str, storage: str, say: Callable[[str], str]) -> str:
    return say(N_("{package} in {storage}")).format(package=package, storage=storage)
