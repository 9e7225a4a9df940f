"""`manage.py import_bookings`: import a file, and watch it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Membership, Organization
from accounts.permissions import Role
from imports.columns import OF_KIND, label_of
from imports.models import Import, Kind, Row, State
from imports.services import bring_file, check_import, name_columns, run_import
from imports.values import Manners
from imports.work import work_on
from villaops.errors import DomainError
from villaops.tenancy import Door, organization_context

BAR = 40
PROBLEMS_SHOWN = 20
# Nobody cuts this one off; how often it looks whether it still should.
SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Import bookings (or guests, or properties) from a CSV or XLSX file. What was imported"
        " before is not imported again: one that was stopped is just started anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--organization", required=True, help="its slug")
        parser.add_argument("--kind", choices=Kind.values, default=Kind.BOOKINGS.value)
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="NAME=HEADER",
            help="which column of the file is which; guessed without",
        )
        parser.add_argument("--month-first", action="store_true", help="03/04/2026 is in March")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError("There is no such organization.")
        try:
            imported = self._begin(organization, options)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(error.explanation) from error
        draw = _bar(self.stderr.write) if sys.stderr.isatty() or options["verbosity"] > 1 else None
        more = True
        while more:
            more = work_on(organization, imported.pk, door=Door.COMMAND, seconds=SECONDS, told=draw)
        self._tell(organization, imported)

    def _begin(self, organization: Organization, options: dict[str, Any]) -> Import:
        owner = (
            Membership.objects.filter(organization=organization, role=Role.OWNER)
            .select_related("user")
            .first()
        )
        by = owner.user if owner else None
        path: Path = options["file"]
        with (
            path.open("rb") as file,
            organization_context(organization, by=by, door=Door.COMMAND),
        ):
            imported = bring_file(
                organization=organization, by=by, kind=options["kind"], name=path.name, file=file
            )
            mapping = imported.mapping | dict(
                _place(imported, asked) for asked in options["column"]
            )
            manners = Manners.kept(imported.manners)
            if options["month_first"]:
                manners = Manners(False, manners.decimal_comma)
            name_columns(imported=imported, by=by, mapping=mapping, manners=manners)
            start = check_import if options["dry_run"] else run_import
            return start(imported=imported, by=by, in_background=False)

    def _tell(self, organization: Organization, imported: Import) -> None:
        with organization_context(organization, by=None, door=Door.COMMAND):
            now = Import.objects.get(organization=organization, pk=imported.pk)
            rows = list(Row.objects.filter(imported=now).refused()[:PROBLEMS_SHOWN])
        for row in rows:
            for problem in row.problems:
                where = label_of(now.kind, problem["column"])
                self.stderr.write(
                    f"Row {row.number}: {where}: {problem['value']}: {problem['said']}"
                )
        if now.refused > len(rows):
            self.stderr.write(f"... and {now.refused - len(rows)} more rows.")
        if now.state == State.FAILED:
            raise CommandError(now.said)
        verb = "can be imported" if now.state == State.CHECKED else "imported"
        self.stdout.write(
            f"{now.made} {verb}, {now.there_already} there already, {now.refused} refused."
        )


def _place(imported: Import, asked: str) -> tuple[str, int]:
    name, _sign, head = asked.partition("=")
    if name not in {column.name for column in OF_KIND[imported.kind]}:
        raise CommandError(f"There is no column called {name}.")
    if head not in imported.header:
        raise CommandError(f"The file has no column called {head}.")
    return name, imported.header.index(head)


def _bar(write: Callable[..., object]) -> Callable[[Import], None]:
    def draw(imported: Import) -> None:
        percent = imported.percent()
        verb = "good" if imported.state in (State.CHECKING, State.CHECKED) else "made"
        full = percent * BAR // 100
        ending = "\n" if percent == 100 else ""
        line = f"\r[{'#' * full}{' ' * (BAR - full)}] {percent:3}%  {imported.made} {verb}"
        # The stream writes what it is given in red: this is no error.
        write(f"{line}, {imported.refused} refused", style_func=str, ending=ending)

    return draw
