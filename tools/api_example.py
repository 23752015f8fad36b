"""Keep a book: package it, copy it to the other library, prove every copy, hand one out."""

from __future__ import annotations

import sys

import preserva


def keep(config: str, scans: str, record: str, destination: str) -> bool:
    """Whether every copy of the book is sound now, and the one that was handed out as well."""
    with preserva.open_archive(config) as archive:
        try:
            made = archive.package(scans, record)
        except preserva.PackageError as error:
            print(*error.problems, sep="\n")
            return False
        print(f"{made.package.portable}: {made.title}, {made.files} files, {made.size} bytes")

        for replication in archive.replicate([made.package]):
            print(f"copied to {replication.to}: {', '.join(replication.acknowledged)}")

        reports = archive.validate(made.package)
        bag = archive.export(made.package, destination)
        reports += preserva.bags.validate(bag)
        for report in reports:
            for finding in report.findings:
                print(finding.message())

        status = archive.status(made.package.portable)[0]
        for copy in status.copies:
            print(f"{copy.storage}: {copy.state.value}, checked {copy.checked}")
    return all(report.outcome is preserva.Outcome.PASS for report in reports)


if __name__ == "__main__":
    try:
        sys.exit(0 if keep(*sys.argv[1:]) else 1)
    except preserva.PreservaError as error:
        sys.exit(f"{error}\n{error.advice() or ''}")
