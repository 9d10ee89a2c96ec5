"""Uploads: a limit that holds before anything is stored, and a form for the file."""

from typing import override

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from leads.imports.reading import encodings

TOO_LARGE = "leadbook.upload_is_too_large"


def most() -> int:
    """Return how many bytes a file may have."""
    return int(settings.MAX_UPLOAD_MB * 1024 * 1024)


class LimitHandler(FileUploadHandler):
    """Drops an upload as soon as it is over the limit, and says so in ``META``.

    The rest is read and thrown away, so that the browser gets an answer.
    """

    size = 0

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.most = most()

    @override
    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.size += len(raw_data)
        if self.size > self.most:
            if self.request is not None:
                self.request.META[TOO_LARGE] = True
            raise StopUpload(connection_reset=False)
        return raw_data

    @override
    def file_complete(self, file_size: int) -> None:
        return None


class UploadForm(forms.Form):
    """A file of leads, and how to read it where that cannot be told from the file."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,.jsonl,.ndjson,.xlsx,.xlsm,.xls,.ods"}),
        max_length=255,
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
            "missing": _("Choose a file."),
            "max_length": _("The name of the file is too long."),
        },
    )
    delimiter = forms.ChoiceField(
        label=_("Cells are separated by"),
        required=False,
        choices=[
            ("", _("Found automatically")),
            ("comma", _("Comma")),
            ("semicolon", _("Semicolon")),
            ("tab", pgettext_lazy("character", "Tab")),
            ("pipe", _("Vertical bar")),
        ],
    )
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[
            ("", _("Found automatically")),
            *encodings(),
        ],
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        files: "MultiValueDict[str, UploadedFile[bytes]] | None" = None,
        *,
        is_too_large: bool = False,
    ) -> None:
        super().__init__(data, files)
        file = self.fields["file"]
        limit = {"most": settings.MAX_UPLOAD_MB}
        help_text = gettext(
            "CSV, JSON lines or a workbook, %(most)s MB at most. The export of another CRM will do."
        )
        file.help_text = help_text % limit
        too_large = gettext(
            "The file is too large: %(most)s MB are the most. Split it, or ask whoever runs"
            " Leadbook to import it with the command import_leads, which takes any size."
        )
        too_large %= limit
        # Where a server before us refuses a large request, only the browser can say why.
        file.widget.attrs |= {"data-most": str(most()), "data-too-large": too_large}
        if is_too_large:
            file.error_messages["required"] = too_large
