"""Italian: what guests read. Staff read English, until an organization writes otherwise."""
# ruff: noqa: E501 - a paragraph is one line

from messaging.texts import Words

WORDS = Words(
    night=("notte", "notti"),
    adult=("adulto", "adulti"),
    child=("bambino", "bambini"),
    unsubscribe="Annulla l’iscrizione",
    foot="{organization} Le scrive per la Sua prenotazione.",
)

FACTS = """\
{% if unit_name %}Alloggio: {{ unit_name }}{% endif %}
Arrivo: {{ check_in }}{% if check_in_time %}, dalle {{ check_in_time }}{% endif %}
Partenza: {{ check_out }}{% if check_out_time %}, entro le {{ check_out_time }}{% endif %}
Soggiorno: {{ nights }}, {{ party }}
{% if total_price %}Totale: {{ total_price }}{% endif %}
Riferimento: {{ reference }}"""

TEXTS = {
    "booking_confirmation": f"""
Il Suo soggiorno a {{{{ property_name }}}} è confermato

Buongiorno {{{{ guest_name }}}},

grazie per la Sua prenotazione. Saremo lieti di accoglierLa a {{{{ property_name }}}}.

{FACTS}

{{% if property_address %}}
Ci trova qui:

{{{{ property_address }}}}
{{% endif %}}

Se qualcosa non è corretto, basta rispondere a questo messaggio.

Cordiali saluti
{{{{ organization_name }}}}
""",
    "booking_changed": f"""
La Sua prenotazione a {{{{ property_name }}}} è cambiata

Buongiorno {{{{ guest_name }}}},

la Sua prenotazione è stata modificata. Ecco come è adesso:

{FACTS}

Se non è quello che si aspettava, risponda per favore a questo messaggio.

Cordiali saluti
{{{{ organization_name }}}}
""",
    "booking_cancelled": """
La Sua prenotazione {{ reference }} è annullata

Buongiorno {{ guest_name }},

la Sua prenotazione a {{ property_name }} da {{ check_in }} a {{ check_out }} è annullata.

Se non l’ha chiesto Lei, o se desidera venire in un altro momento, risponda per favore a questo messaggio. Saremmo lieti di vederLa.

Cordiali saluti
{{ organization_name }}
""",
    "hold_expired": """
La Sua prenotazione a {{ property_name }} non è stata confermata in tempo

Buongiorno {{ guest_name }},

abbiamo tenuto {{ property_name }} per Lei da {{ check_in }} a {{ check_out }}. Il tempo per confermare è scaduto{% if hold_until %} ({{ hold_until }}){% endif %}, quindi le date sono di nuovo libere.

Desidera ancora venire? Risponda a questo messaggio e vedremo che cosa si può fare.

Cordiali saluti
{{ organization_name }}
""",
    "pre_arrival": """
Il Suo arrivo a {{ property_name }}, {{ check_in }}

Buongiorno {{ guest_name }},

il Suo soggiorno a {{ property_name }} inizia presto. Ecco che cosa Le serve per l’arrivo.

Arrivo: {{ check_in }}{% if check_in_time %}, dalle {{ check_in_time }}{% endif %}
Partenza: {{ check_out }}{% if check_out_time %}, entro le {{ check_out_time }}{% endif %}
Riferimento: {{ reference }}

{% if property_address %}
L’indirizzo:

{{ property_address }}
{% endif %}

{% if check_in_instructions %}
Come entrare:

{{ check_in_instructions }}
{% endif %}

A che ora pensa di arrivare? Basta rispondere a questo messaggio.

Buon viaggio
{{ organization_name }}
""",
    "check_out_reminder": """
La Sua partenza da {{ property_name }}

Buongiorno {{ guest_name }},

speriamo che il soggiorno Le piaccia. Un breve promemoria: la Sua partenza è {{ check_out }}{% if check_out_time %}, entro le {{ check_out_time }}{% endif %}.

Se Le serve qualcosa prima di partire, un taxi o un po’ più di tempo, ce lo dica.

Cordiali saluti
{{ organization_name }}
""",
    "thank_you": """
Grazie per il Suo soggiorno a {{ property_name }}

Buongiorno {{ guest_name }},

grazie per aver soggiornato da noi. Speriamo che abbia passato dei bei giorni a {{ property_name }} e abbia fatto buon viaggio.

Avremmo potuto fare qualcosa di meglio? Risponda a questo messaggio, leggiamo ogni parola. E se Le è piaciuto, saremo lieti di rivederLa.

Cordiali saluti
{{ organization_name }}
""",
}
