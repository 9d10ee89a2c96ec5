"""Files as people have them, from their bytes to what their rows become."""

from io import BytesIO

import pytest

from leads.imports.columns.mapping import Candidate, Mapping, suggest, to_lead
from leads.imports.files.read import read_rows
from leads.models import Status

OWNERS = {"admin": "u1"}


def columns(text: str) -> dict[str, str | list[str]]:
    """Return the names of the columns that are known, by target."""
    table = read_rows(BytesIO(text.encode()))
    rows = [row.cells for row in table.rows]
    found: dict[str, list[str]] = {}
    for index, target in suggest(table.header, rows, table.format).columns.items():
        found.setdefault(target, []).append(table.header[index])
    return {target: names[0] if len(names) == 1 else names for target, names in found.items()}


def leads(text: str) -> list[Candidate]:
    table = read_rows(BytesIO(text.encode()))
    rows = list(table.rows)
    mapping = suggest(table.header, [row.cells for row in rows], table.format)
    assert not mapping.problems()
    found = [to_lead(row, mapping, OWNERS) for row in rows]
    return [lead for lead in found if isinstance(lead, Candidate)]


def test_of_several_addresses_and_numbers_the_first_that_is_filled_counts() -> None:
    found = leads(
        "Person - Name,Person - Email - Work,Person - Email - Home,Person - Email - Other,"
        "Person - Phone - Work,Person - Phone - Home,Person - Organization\n"
        "Mira Toland,mira.p@kestrel.example,,,+44 20 7946 0001,,Kestrel Ltd\n"
        "Jon Abery,,jon.p@home.example,,,+44 20 7946 0002,Oakfold\n"
        "Lea Fenn,,,lea.p@other.example,,,Fenn\n"
        "Bo Ek,bo.p@work.example,bo.p@home.example,,1 23 45,2 34 56,Ek\n"
    )
    assert [(lead.fields.email, lead.fields.phone) for lead in found] == [
        ("mira.p@kestrel.example", "+44 20 7946 0001"),
        ("jon.p@home.example", "+44 20 7946 0002"),
        ("lea.p@other.example", ""),
        ("bo.p@work.example", "1 23 45"),
    ]


def test_the_first_column_counts_in_whatever_order_a_mapping_is_stored() -> None:
    (row,) = read_rows(BytesIO(b"a,b,c\n,x@y.example,z@y.example\n")).rows
    for order in ([0, 1, 2], [2, 1, 0]):
        found = to_lead(row, Mapping(columns=dict.fromkeys(order, "email")), {})
        assert isinstance(found, Candidate)
        assert found.fields.email == "x@y.example"


def test_what_is_no_address_does_not_fill_a_column_of_them() -> None:
    found = leads(
        "Name,E-mail Address,E-mail 2 Address\n"
        "Mira,/o=Example/ou=Recipients/cn=mira,mira@kestrel.example\n"
        "Jon,n/a,jon@oakfold.example\n"
        "Lea,lea@fenn.example,lea\n"
    )
    assert [lead.fields.email for lead in found] == [
        "mira@kestrel.example",
        "jon@oakfold.example",
        "lea@fenn.example",
    ]


def test_what_has_no_digit_does_not_fill_a_column_of_numbers() -> None:
    found = leads(
        "Email,Phone,Mobile\n"
        "a@x.example,n/a,+44 20 7946 0001\n"
        "b@x.example,NULL,-\n"
        "c@x.example,1 23 45,none\n"
    )
    assert [lead.fields.phone for lead in found] == ["+44 20 7946 0001", "NULL", "1 23 45"]


def test_several_columns_may_be_an_address_or_a_number_and_nothing_else() -> None:
    several = {0: "email", 1: "email", 2: "phone", 3: "phone"}
    assert not Mapping(columns=several).problems()
    assert set(Mapping(columns=several | {4: "name", 5: "name"}).problems()) == {5}


def test_contact_form_7() -> None:
    text = (
        '"your-name","your-email","your-subject","your-message","Date"\n'
        '"Mira Toland","mira.cf7@kestrel.example","Desks","Do you deliver?\n'
        'Soon?","2026-03-02 14:05:00"\n'
    )
    (lead,) = leads(text)
    assert lead.fields.model_dump() == {
        "name": "Mira Toland",
        "email": "mira.cf7@kestrel.example",
        "company": "",
        "phone": "",
        "subject": "Desks",
        "message": "Do you deliver?\nSoon?",
    }
    assert lead.created_at == "2026-03-02T14:05:00.000Z"


@pytest.mark.parametrize(
    "header",
    [
        "Prénom,Nom,Société,Adresse de messagerie,Téléphone",
        "名,姓,会社,電子メール アドレス,電話番号",
        "Imię,Nazwisko,Firma,Adres e-mail,Telefon",
        "Jméno,Příjmení,Společnost,E-mailová adresa,Telefon",
        "Fornavn,Efternavn,Firma,E-mail-adresse,Telefon",
        "Vorname,Nachname,Firma,E-Mail-Adresse,Telefon",
        "Όνομα,Επώνυμο,Εταιρεία,Διεύθυνση ηλεκτρονικού ταχυδρομείου,Τηλέφωνο",
        "Nombre,Apellidos,Empresa,Dirección de correo electrónico,Teléfono",
        "Etunimi,Sukunimi,Yritys,Sähköpostiosoite,Puhelin",
        "שם פרטי,שם משפחה,חברה,כתובת דואר אלקטרוני,טלפון",
        "Utónév,Vezetéknév,Cég,E-mail cím,Telefonszám",
        "Nome,Cognome,Società,Indirizzo posta elettronica,Telefono",
        "이름,성,회사,전자 메일 주소,전화번호",
        "Voornaam,Achternaam,Bedrijf,E-mailadres,Telefoon",
        "Nome,Apelido,Empresa,Endereço de correio electrónico,Telefone",
        "Имя,Фамилия,Организация,Адрес эл. почты,Телефон",
        "Förnamn,Efternamn,Företag,E-postadress,Telefon",
        "Adı,Soyadı,Şirket,E-posta Adresi,Telefon",  # noqa: RUF001 - Turkish
        "Ім'я,Прізвище,Організація,Адреса ел. пошти,Телефон",
        "名,姓,单位,电子邮件地址,电话",
        "名字,姓氏,公司,電子郵件地址,電話",
    ],
)
def test_columns_in_the_language_of_their_program(header: str) -> None:
    (lead,) = leads(f"{header}\nMira,Toland,Kestrel,mira@kestrel.example,+442079460001\n")
    assert lead.fields.model_dump() == {
        "name": "Mira Toland",
        "email": "mira@kestrel.example",
        "company": "Kestrel",
        "phone": "+442079460001",
        "subject": "",
        "message": "",
    }


@pytest.mark.parametrize(
    "header",
    [
        "Celé jméno,Firma,E-mail,Telefon,Fáze,Vlastník,Poznámka",
        "Navn,Virksomhed,E-mail,Telefon,Status,Sælger,Noter",
        "Name,Firma,E-Mail,Telefon,Phase,Verkäufer,Bemerkung",
        "Ονοματεπώνυμο,Εταιρεία,Email,Κινητό,Στάδιο,Υπεύθυνος,Σημειώσεις",
        "Nombre completo,Empresa,Correo,Teléfono,Etapa,Comercial,Notas",
        "Nimi,Yritys,Sähköposti,Puhelin,Vaihe,Myyjä,Muistiinpanot",
        "Nom complet,Société,E-mail,Téléphone,Étape,Vendeur,Remarques",
        "שם,חברה,אימייל,טלפון,שלב,אחראי,הערות",
        "Név,Cég,E-mail,Telefon,Szakasz,Felelős,Megjegyzés",
        "Cognome e nome,Azienda,E-mail,Cellulare,Fase,Assegnato a,Note",
        "氏名,会社名,メール,電話番号,フェーズ,担当者,備考",
        "성명,회사명,이메일,연락처,단계,담당자,비고",
        "Naam,Bedrijf,E-mail,Telefoon,Fase,Verkoper,Opmerkingen",
        "Navn,Bedrift,E-post,Mobil,Stadium,Selger,Notat",
        "Imię i nazwisko,Firma,E-mail,Telefon,Etap,Opiekun,Uwagi",
        "Nome completo,Empresa,E-mail,Telemóvel,Etapa,Vendedor,Observações",
        "ФИО,Компания,Почта,Телефон,Этап,Ответственный,Примечание",
        "Namn,Företag,E-post,Telefon,Fas,Säljare,Anteckningar",
        "Ad Soyad,Şirket,E-posta,Telefon,Aşama,Sorumlu,Notlar",
        "ПІБ,Компанія,Пошта,Телефон,Етап,Відповідальний,Примітки",
        "姓名,公司,邮箱,手机,阶段,负责人,备注",
        "姓名,公司,電子郵件,手機,階段,負責人,備註",
    ],
)
def test_columns_of_lists_that_people_keep(header: str) -> None:
    (lead,) = leads(f"{header}\nMira,Kestrel,mira@kestrel.example,+442079460001,New,admin,Desks\n")
    assert lead.fields.name == "Mira"
    assert lead.fields.company == "Kestrel"
    assert lead.fields.email == "mira@kestrel.example"
    assert lead.fields.phone == "+442079460001"
    assert (lead.status, lead.owner_id, lead.notes) == (Status.NEW, "u1", "Desks")


def test_linkedin_connections() -> None:
    (lead,) = leads(
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        "Mira,Toland,https://www.linkedin.example/in/mira,mira.toland@kestrel.example,Kestrel Ltd,"
        "Buyer,04 Mar 2026\n"
    )
    assert (lead.fields.name, lead.fields.company) == ("Mira Toland", "Kestrel Ltd")
    assert lead.created_at == "2026-03-04T00:00:00.000Z"


def test_facebook_lead_ads_with_their_prefixes() -> None:
    text = (
        "id\tcreated_time\tad_id\tform_id\tplatform\tfull_name\temail\tphone_number\tlead_status\n"
        "l:1185237\t2026-03-02T14:05:00+01:00\tag:12\tf:34\tfb\tMira Toland\tmira@kestrel.example\t"
        "p:+442079460001\tCREATED\n"
    )
    (lead,) = leads(text)
    assert lead.fields.phone == "+442079460001"
    assert (lead.status, lead.created_at) == (Status.NEW, "2026-03-02T13:05:00.000Z")


def test_espocrm() -> None:
    (lead,) = leads(
        "First Name;Last Name;Account Name;Email;Phone;Status;Created At;Assigned User;"
        "Description\n"
        "Mira;Toland;Kestrel;mira.es@kestrel.example;+442079460001;In Process;2026-03-02 14:05;"
        "admin;note\n"
    )
    assert (lead.status, lead.owner_id) == (Status.CONTACTED, "u1")
    assert (lead.fields.company, lead.fields.message) == ("Kestrel", "note")


def test_texts_that_excel_keeps_as_formulas_are_unwrapped() -> None:
    text = (
        "name,email,phone\n"
        '"=""Mira Toland""","=""mira.x2@kestrel.example""","=""00442079460001"""\n'
        'Jon Abery,="jon.x2@oakfold.example",="0044"\n'
        '"=""Lea """"L"""" Fenn""","= ""lea@fenn.example""",\n'
    )
    assert [(one.fields.name, one.fields.email, one.fields.phone) for one in leads(text)] == [
        ("Mira Toland", "mira.x2@kestrel.example", "00442079460001"),
        ("Jon Abery", "jon.x2@oakfold.example", "0044"),
        ('Lea "L" Fenn', "lea@fenn.example", ""),
    ]


def test_other_formulas_stay_text() -> None:
    (lead,) = leads('name,email,subject\n"=""a""&""b""",a@b.example,"\'=""x"""\n')
    assert (lead.fields.name, lead.fields.subject) == ('="a"&"b"', '="x"')


def test_the_order_of_dates_is_found_in_text_formulas() -> None:
    (lead,) = leads('email,created\na@b.example,"=""25/2/2026"""\n')
    assert lead.created_at == "2026-02-25T00:00:00.000Z"


def test_dates_as_people_have_them() -> None:
    found = leads(
        "email,name,created\n"
        'd1@x.example,A,"2026/03/02 2:05:00 PM GMT+1"\n'
        'd2@x.example,B,"Mon Mar 02 2026 14:05:00 GMT+0100 (Central European Standard Time)"\n'
        "d3@x.example,C,02-Mar-26\n"
        "d4@x.example,D,2nd March 2026\n"
        "d5@x.example,E,2 mars 2026\n"
        "d6@x.example,F,2026-03-02 14:05:00 UTC+1\n"
    )
    assert [lead.created_at for lead in found] == [
        "2026-03-02T13:05:00.000Z",
        "2026-03-02T13:05:00.000Z",
        "2026-03-02T00:00:00.000Z",
        "2026-03-02T00:00:00.000Z",
        "2026-03-02T00:00:00.000Z",
        "2026-03-02T13:05:00.000Z",
    ]


def test_the_name_of_an_opportunity_is_no_name_of_somebody() -> None:
    known = columns("name,contact_name,email_from,user_id\nDesks,Mira,mira@kestrel.example,admin\n")
    assert known == {
        "name": "contact_name",
        "subject": "name",
        "email": "email_from",
        "owner": "user_id",
    }
    # Elsewhere it is the number of somebody's account.
    assert "owner" not in columns("Name,Email,User ID\nMira,mira@kestrel.example,0\n")


def test_a_name_beside_a_first_name_is_the_last_name_unless_it_is_the_whole() -> None:
    (lead,) = leads("Name;Vorname;E-Mail\nToland;Mira;mira@kestrel.example\n")
    assert lead.fields.name == "Mira Toland"
    (lead,) = leads("Name,First name,Email\nMira Toland,Mira,mira@kestrel.example\n")
    assert lead.fields.name == "Mira Toland"
