"""German: what guests read. Staff read English, until an organization writes otherwise."""
# ruff: noqa: E501 - a paragraph is one line

from messaging.texts import Words

WORDS = Words(
    night=("Nacht", "Nächte"),
    adult=("Erwachsener", "Erwachsene"),
    child=("Kind", "Kinder"),
    unsubscribe="Abmelden",
    foot="{organization} schreibt Ihnen wegen Ihrer Buchung.",
)

FACTS = """\
{% if unit_name %}Einheit: {{ unit_name }}{% endif %}
Anreise: {{ check_in }}{% if check_in_time %}, ab {{ check_in_time }}{% endif %}
Abreise: {{ check_out }}{% if check_out_time %}, bis {{ check_out_time }}{% endif %}
Aufenthalt: {{ nights }}, {{ party }}
{% if total_price %}Gesamtpreis: {{ total_price }}{% endif %}
Buchungsnummer: {{ reference }}"""

TEXTS = {
    "booking_confirmation": f"""
Ihr Aufenthalt in {{{{ property_name }}}} ist bestätigt

Guten Tag {{{{ guest_name }}}},

vielen Dank für Ihre Buchung. Wir freuen uns, Sie in {{{{ property_name }}}} begrüßen zu dürfen.

{FACTS}

{{% if property_address %}}
Hier finden Sie uns:

{{{{ property_address }}}}
{{% endif %}}

Stimmt etwas davon nicht? Antworten Sie einfach auf diese Nachricht.

Freundliche Grüße
{{{{ organization_name }}}}
""",
    "booking_changed": f"""
Ihre Buchung in {{{{ property_name }}}} hat sich geändert

Guten Tag {{{{ guest_name }}}},

Ihre Buchung wurde geändert. So ist jetzt der Stand:

{FACTS}

Wenn Sie das nicht erwartet haben, antworten Sie bitte auf diese Nachricht.

Freundliche Grüße
{{{{ organization_name }}}}
""",
    "booking_cancelled": """
Ihre Buchung {{ reference }} ist storniert

Guten Tag {{ guest_name }},

Ihre Buchung in {{ property_name }} von {{ check_in }} bis {{ check_out }} ist storniert.

Wenn Sie das nicht veranlasst haben oder zu einer anderen Zeit kommen möchten, antworten Sie bitte auf diese Nachricht. Wir würden uns freuen, Sie zu sehen.

Freundliche Grüße
{{ organization_name }}
""",
    "hold_expired": """
Ihre Reservierung in {{ property_name }} wurde nicht rechtzeitig bestätigt

Guten Tag {{ guest_name }},

wir haben {{ property_name }} von {{ check_in }} bis {{ check_out }} für Sie freigehalten. Die Frist zur Bestätigung ist abgelaufen{% if hold_until %} ({{ hold_until }}){% endif %}, die Nächte stehen deshalb wieder anderen offen.

Möchten Sie noch kommen? Antworten Sie auf diese Nachricht, und wir sehen, was möglich ist.

Freundliche Grüße
{{ organization_name }}
""",
    "pre_arrival": """
Ihre Anreise in {{ property_name }} am {{ check_in }}

Guten Tag {{ guest_name }},

Ihr Aufenthalt in {{ property_name }} beginnt bald. Das brauchen Sie für Ihre Anreise.

Anreise: {{ check_in }}{% if check_in_time %}, ab {{ check_in_time }}{% endif %}
Abreise: {{ check_out }}{% if check_out_time %}, bis {{ check_out_time }}{% endif %}
Buchungsnummer: {{ reference }}

{% if property_address %}
Die Adresse:

{{ property_address }}
{% endif %}

{% if check_in_instructions %}
So kommen Sie hinein:

{{ check_in_instructions }}
{% endif %}

Wann kommen Sie voraussichtlich an? Antworten Sie einfach auf diese Nachricht.

Gute Reise
{{ organization_name }}
""",
    "check_out_reminder": """
Ihre Abreise aus {{ property_name }}

Guten Tag {{ guest_name }},

wir hoffen, Sie genießen Ihren Aufenthalt. Eine kurze Erinnerung: Ihre Abreise ist am {{ check_out }}{% if check_out_time %}, bis {{ check_out_time }}{% endif %}.

Wenn Sie vor der Abreise noch etwas brauchen, ein Taxi oder etwas mehr Zeit, sagen Sie uns bitte Bescheid.

Freundliche Grüße
{{ organization_name }}
""",
    "thank_you": """
Danke für Ihren Aufenthalt in {{ property_name }}

Guten Tag {{ guest_name }},

vielen Dank, dass Sie bei uns waren. Wir hoffen, Sie hatten eine schöne Zeit in {{ property_name }} und eine gute Heimreise.

Hätten wir etwas besser machen können? Antworten Sie auf diese Nachricht, wir lesen jedes Wort. Und wenn es Ihnen gefallen hat, freuen wir uns, Sie wiederzusehen.

Freundliche Grüße
{{ organization_name }}
""",
}
