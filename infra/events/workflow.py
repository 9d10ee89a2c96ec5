r"""The Express workflow that announces stream records, in Amazon States Language and JSONata.

One execution takes a batch. Each record is published, dropped if it is no news, or sent to the
dead-letter queue; only a queue that refuses it fails the execution, and the pipe tries again.
All that can go wrong with a value stands in the arguments of a task: a task has a ``Catch``,
a choice has none.
"""

from crm import paths
from infra.events.filters import CONVERTED, CREATED, OTHER, SOURCES

type State = dict[str, object]

MOST_LINE = 200
MOST_MESSAGE = 1_000
MOST_SUBJECT = 99
MOST_DEAD_LETTER = 60_000
"""Characters of a dead letter that fit into 256 KB, whatever they are."""

# No mail, log or XML takes these, and those after "u200b" turn or hide what is beside them.
_ODD = r"\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff"
_BREAKS = rf"\u0000-\u001f{_ODD}"
_CONTROLS = rf"\u0000-\u0008\u000b\u000c\u000e-\u001f{_ODD}"

# What a record is: used by the choice, so nothing here fails, whatever the record holds.
_READ = rf"""
  $record := $states.input;
  $new := $record.dynamodb.NewImage;
  $old := $record.dynamodb.OldImage;
  $text := function($image, $name) {{(
    $value := $lookup($image, $name);
    $exists($value.S) ? $value.S : $exists($value.N) ? $value.N : ''
  )}};
  $status := function($image) {{(
    $given := $lowercase($trim($text($image, 'status')));
    $given in ['contacted', 'qualified', 'converted', 'closed'] ? $given : 'new'
  )}};
  $isNew := $record.eventName = 'INSERT';
  $act := $text($new, 'writeId');
  $by := $isNew ? $text($new, 'source')
    : $act = $text($old, 'writeId') ? '{OTHER}'
    : $act = '' or $contains($act, '~') ? 'undo'
    : $contains($act, /^import-/) ? 'import'
    : 'staff';
  $source := $by in {list(SOURCES)} ? $by : '{OTHER}';
  $event := $isNew ? '{CREATED}' : '{CONVERTED}';
"""

# A lead that an undo brings back is no new one: the write ids of undoing contain "~".
_IS_NEWS = """
  ($isNew and $not($contains($act, '~'))) or ($record.eventName = 'MODIFY' and $by != 'undo'
    and $status($new) = 'converted' and $status($old) != 'converted')
"""

_WORDS = rf"""
  $id := $record.dynamodb.Keys.leadId.S;
  $line := function($name) {{(
    $clean := $trim($replace($substring($text($new, $name), 0, 2000), /[{_BREAKS}]/, ' '));
    $length($clean) > {MOST_LINE} ? $substring($clean, 0, {MOST_LINE - 1}) & '…' : $clean
  )}};
  $name := $line('name');
  $email := $line('email');
  $what := $isNew ? 'New lead' : 'Lead converted';
"""

# SNS takes UTF-8 by now, but it took ASCII for years, and so do mail programs.
_SUBJECT = rf"""
  $isPlain := function($text) {{ $contains($text, /^[ -~]+$/) }};
  $who := $isPlain($name) ? $name : $isPlain($email) ? $email : '';
  $substring($who = '' ? $what : $what & ': ' & $who, 0, {MOST_SUBJECT})
"""

# Ids as leads/web/converters.py reads them. $base64encode is only agreed upon for ASCII.
_LINK = r"""
  $path := $contains($id, /^[A-Za-z0-9_-]+$/) and $not($id in WORDS) ? $id & '/'
    : $contains($id, /^[\u0000-\u007f]+$/)
      ? '~' & $replace($replace($base64encode($id), '+', '-'), '/', '_') & '/'
    : $contains($id, /^[^~\/][^\/]*$/) ? $encodeUrlComponent($id) & '/'
    : '';
  $link := 'URL' & $path;
"""

_MESSAGE = rf"""
  $field := function($label, $value) {{ $value != '' ? $label & ': ' & $value }};
  $unified := $replace($substring($text($new, 'message'), 0, 20000), /\r\n?/, '\n');
  $shown := $replace($replace($unified, /[{_CONTROLS}]/, ''), /^\s+|\s+$/, '');
  $message := $length($shown) > {MOST_MESSAGE}
    ? $substring($shown, 0, {MOST_MESSAGE - 1}) & '…' : $shown;
  $stored := $text($new, $isNew ? 'createdAt' : 'updatedAt');
  $seen := $record.dynamodb.ApproximateCreationDateTime;
  $iso := $contains($stored, /^\d\d\d\d-\d\d-\d\dT\d\d:\d\d[0-9:.]*Z$/) ? $stored
    : $type($seen) = 'number' ? $fromMillis($floor($seen) * 1000) : '';
  $when := $iso = '' ? '' : $substring($iso, 0, 10) & ' ' & $substring($iso, 11, 5) & ' UTC';
  $join([
    $what & ': ' & ($name != '' ? $name : $email != '' ? $email : 'without a name'),
    '',
    $field('Company', $line('company')),
    $field('E-mail', $email),
    $field('Phone', $line('phone')),
    $field('Subject', $line('subject')),
    'Status: ' & $uppercase($substring($status($new), 0, 1)) & $substring($status($new), 1),
    'Source: ' & $source,
    $field('When', $when),
    $message != '' ? '\n' & $message,
    '',
    $link
  ], '\n')
"""

_DEAD_LETTER = rf"""
  $whole := $string($states.input);
  $length($whole) <= {MOST_DEAD_LETTER} ? $whole : $string({{
    'error': $states.input.error,
    'record': {{
      'eventName': $states.input.record.eventName,
      'dynamodb': $sift($states.input.record.dynamodb, function($value, $name) {{
        $name in ['Keys', 'SequenceNumber', 'ApproximateCreationDateTime']
      }})
    }}
  }})
"""

RETRY = [
    # The same expression fails the same way.
    {"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 0},
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": 4,
        "MaxDelaySeconds": 8,
        "JitterStrategy": "FULL",
    },
]


def definition(*, topic: str, dead_letters: str, url: str) -> State:
    """Return the definition: ``topic`` by ARN, ``dead_letters`` by URL, ``url`` of the site."""
    return {
        "Comment": "Announces new and converted leads",
        "QueryLanguage": "JSONata",
        "StartAt": "Each record",
        "TimeoutSeconds": 120,
        "States": {
            "Each record": {
                "Type": "Map",
                "Items": _query("$states.input"),
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": "Is it news",
                    "States": _states(topic, dead_letters, url.rstrip("/")),
                },
                # What the pipe reads: all is done.
                "Output": {"batchItemFailures": []},
                "End": True,
            }
        },
    }


def _states(topic: str, dead_letters: str, url: str) -> State:
    failed = {"error": _query("$states.errorOutput"), "record": _query("$states.input")}
    return {
        "Is it news": {
            "Type": "Choice",
            "Choices": [{"Condition": _query(_READ, _IS_NEWS), "Next": "Publish"}],
            "Default": "Leave out",
        },
        "Leave out": {"Type": "Pass", "Output": {}, "End": True},
        "Publish": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Arguments": _announcement(topic, url),
            "Retry": RETRY,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": failed, "Next": "Dead letter"}],
            "Output": {},
            "End": True,
        },
        "Dead letter": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Arguments": {"QueueUrl": dead_letters, "MessageBody": _query(_DEAD_LETTER)},
            "Retry": RETRY,
            "Output": {},
            "End": True,
        },
    }


def _announcement(topic: str, url: str) -> State:
    """Return the arguments of sns:Publish."""
    values = {"event": "$event", "status": "$status($new)", "source": "$source"}
    words = str(list(paths.WORDS_UNDER_LEADS))
    link = _LINK.replace("WORDS", words).replace("URL", f"{url}{paths.LEADS}")
    return {
        "TopicArn": topic,
        "Subject": _query(_READ, _WORDS, _SUBJECT),
        "Message": _query(_READ, _WORDS, link, _MESSAGE),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": _query(_READ, value)}
            for name, value in values.items()
        },
    }


def _query(*parts: str) -> str:
    """Return an expression of JSONata: the last part is its value."""
    lines = [line.strip() for part in parts for line in part.splitlines()]
    expression = "\n".join(line for line in lines if line)
    return f"{{% (\n{expression}\n) %}}" if ";" in expression else f"{{% {expression} %}}"
