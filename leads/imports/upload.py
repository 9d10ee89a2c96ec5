"""Uploads: a limit that holds before anything is stored, and a form for the file."""

from typing import override

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

TOO_LARGE = (
    "The file is too large: {} MB are the most. Split it, or ask whoever runs Leadbook to import"
    " it with the command import_leads, which takes any size."
)


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
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,.jsonl,.ndjson"}),
        max_length=255,
        error_messages={
            "required": "Choose a file.",
            "empty": "The file is empty.",
            "missing": "Choose a file.",
            "max_length": "The name of the file is too long.",
        },
    )
    delimiter = forms.ChoiceField(
        label="Cells are separated by",
        required=False,
        choices=[
            ("", "Found automatically"),
            ("comma", "Comma"),
            ("semicolon", "Semicolon"),
            ("tab", "Tab"),
            ("pipe", "Vertical bar"),
        ],
    )
    encoding = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Found automatically"),
            ("utf-8", "UTF-8"),
            ("cp1252", "Western European (Windows-1252)"),
            ("mac_roman", "Western European (Mac)"),
            ("cp1250", "Central European (Windows-1250)"),
            ("cp1251", "Cyrillic (Windows-1251)"),
            ("utf-16", "UTF-16"),
            ("shift_jis", "Japanese (Shift JIS)"),
            ("gb18030", "Chinese (GB 18030)"),
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
        file.help_text = (
            f"CSV or JSON lines, {settings.MAX_UPLOAD_MB} MB at most. The export of another CRM"
            " will do."
        )
        too_large = TOO_LARGE.format(settings.MAX_UPLOAD_MB)
        # Where a server before us refuses a large request, only the browser can say why.
        file.widget.attrs |= {"data-most": str(most()), "data-too-large": too_large}
        if is_too_large:
            file.error_messages["required"] = too_large
