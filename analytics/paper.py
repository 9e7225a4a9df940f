"""Reports on paper: one file of HTML, and the PDF that WeasyPrint makes of it.

WeasyPrint needs Pango from the system. Where that is missing there is the HTML, which any browser
prints.
"""

import logging
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from PIL import ImageFile

from accounts.models import Organization
from analytics.report import Report
from villaops.written import written_as_in

logger = logging.getLogger(__name__)
# It tells of every step and every page.
logging.getLogger("weasyprint").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)


@cache
def pdf_is_possible() -> bool:
    """Whether this machine has what a PDF needs. Asked once."""
    try:
        import weasyprint  # type: ignore[import-untyped] # noqa: F401 - loads Pango
    except OSError as error:
        logger.warning("no PDFs: Pango is missing", extra={"error": str(error)})
        return False
    # It has told Pillow to take half a picture for a whole one, for everybody in the process.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return True


def file_name(report: Report, ending: str) -> str:
    """`bali-villas-2026-10.pdf`."""
    return f"{report.organization.slug}-{report.month:%Y-%m}.{ending}"


def as_html(report: Report) -> str:
    """The report as one file: its style and its pictures are in it."""
    return on_paper("analytics/report_paper.html", report.organization, {"report": report})


def as_pdf(report: Report) -> bytes:
    """The report as a PDF. Only where `pdf_is_possible`."""
    return pdf_of(as_html(report))


def on_paper(template: str, organization: Organization, context: dict[str, Any]) -> str:
    """A template with its style and the organization's logo in it, written as it writes."""
    with written_as_in(organization.locale):
        page = render_to_string(template, {"logo": _logo(organization), **context})
    return page.replace("</head>", f"<style>{_style()}</style>\n</head>", 1)


def pdf_of(page: str) -> bytes:
    """A page with all it needs in it, as a PDF. Only where `pdf_is_possible`."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher  # type: ignore[import-untyped]

    # Nothing is fetched from anywhere; the logo is part of the text.
    alone = URLFetcher(allowed_protocols=("data",))
    paper: bytes = HTML(string=page, url_fetcher=alone).write_pdf()
    return paper


def attachment(report: Report) -> tuple[str, bytes, str]:
    """The report as a file to send: its name, what is in it, and which kind of file it is."""
    if pdf_is_possible():
        return file_name(report, "pdf"), as_pdf(report), "application/pdf"
    return file_name(report, "html"), as_html(report).encode(), "text/html"


def _style() -> str:
    found = finders.find("css/report-paper.css")
    return Path(str(found)).read_text()


def _logo(organization: Organization) -> str:
    """The logo as part of an address; empty without one, or where its file has gone."""
    if not organization.logo:
        return ""
    try:
        with organization.logo.open("rb") as file:
            return "data:image/webp;base64," + b64encode(file.read()).decode()
    except OSError:
        logger.warning("the logo's file is missing")
        return ""
